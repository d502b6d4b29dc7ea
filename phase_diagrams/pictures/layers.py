"""A screen of layers as a picture: how much each reacts with the metal, and with the electrolyte."""

from matplotlib.axes import Axes

from selflimit.documents import LayerScreenDoc

MEV = 1000.0
"""meV per eV."""
HEIGHT = 0.38
"""Of a bar, of which each layer has two."""


def plot_layers(doc: LayerScreenDoc, ax: Axes) -> Axes:
    """Draw two bars for each layer, at the lowest K_eff, and a line to the value at the highest; best on top."""
    places = range(len(doc.layers))
    for contact, shift, colour, text in (
        ("metal_energy", -HEIGHT / 2, "#35618f", f"with {doc.working_ion} at {doc.voltage:g} V"),
        ("electrolyte_energy", HEIGHT / 2, "#d9a441", f"with {doc.electrolyte}"),
    ):
        first = [-MEV * getattr(layer.contacts[0], contact) for layer in doc.layers]
        last = [-MEV * getattr(layer.contacts[-1], contact) for layer in doc.layers]
        rows = [place + shift for place in places]
        ax.barh(rows, first, HEIGHT, color=colour, label=text)
        ax.hlines(rows, first, last, color="black", linewidth=1.2)
        ax.plot(last, rows, "|", color="black", markersize=8)
    ax.set_yticks(list(places), [_label(layer.formula, layer.electronic) for layer in doc.layers])
    ax.invert_yaxis()
    low, high = (doc.layers[0].contacts[end].k_eff for end in (0, -1))
    ax.set_xlabel(f"released energy (meV/atom); bar: K_eff {low:g} GPa, mark: {high:g} GPa")
    ax.legend(frameon=False)
    return ax


def _label(formula: str, electronic: str) -> str:
    return f"{formula} (metal)" if electronic == "metallic" else formula
