"""Picture of the probability of products: bars that add up to one, K_eff upwards, in the colours of the map."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from selflimit.documents import ProductProbability, UncertaintyDoc
from selflimit.phase_diagrams.pictures.palette import ProductNames, Styles
from selflimit.phase_diagrams.pictures.profiles import hatch_of, write_formula

LABELLED = 0.25
"""Probability from which a bar carries its name."""


def plot_product_shares(found: Sequence[UncertaintyDoc], styles: Styles, ax: Axes) -> Axes:
    """Draw the probability of each set of products at the lowest voltage, one bar for each K_eff and source.

    Parameters
    ----------
    found
        Sampled uncertainties of one electrolyte, one per level of theory.
    styles
        Colour and hatch of each set of products, e.g. of :func:`~selflimit.phase_diagrams.pictures.palette.styles_of`.
    ax
        Axes to draw on.
    """
    rows = [(doc, k_eff) for doc in found for k_eff in sorted({row.k_eff for row in lowest_products(doc)})]
    for height, (doc, k_eff) in enumerate(rows):
        left = 0.0
        for row in lowest_products(doc):
            if row.k_eff == k_eff:
                _draw_share(row, height, left, styles, ax)
                left += row.probability
    names = [f"{k:g}" if len(found) == 1 else f"{k:g}\n{doc.level_of_theory.label}" for doc, k in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("Probability")
    ax.set_ylabel(r"$K_\mathrm{eff}$ (GPa)")
    return ax


def lowest_products(doc: UncertaintyDoc) -> list[ProductProbability]:
    """List the products at the lowest voltage that was sampled, lowest K_eff first."""
    lowest = min(row.voltage for row in doc.products)
    return sorted((row for row in doc.products if row.voltage == lowest), key=lambda row: row.k_eff)


def sampled_assemblages(found: Sequence[UncertaintyDoc]) -> list[ProductNames]:
    """List every set of products that was sampled, most probable first."""
    return list(dict.fromkeys(tuple(sorted(row.products)) for doc in found for row in lowest_products(doc)))


def _draw_share(row: ProductProbability, height: int, left: float, styles: Styles, ax: Axes) -> None:
    style = styles[tuple(sorted(row.products))]
    ax.barh(height, row.probability, left=left, color=style.colour, hatch=hatch_of(style), edgecolor=style.ink)
    if row.probability > LABELLED:
        name = " + ".join(map(write_formula, sorted(row.products)))
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 1.2}
        ax.text(left + row.probability / 2, height, name, ha="center", va="center", fontsize=8, bbox=box)
