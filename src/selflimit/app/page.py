"""The page itself: an electrolyte, two sliders, the map with the point, and what holds there."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from selflimit.app.study import ELECTROLYTES, HIGHEST_K_EFF, HIGHEST_VOLTAGE, equal_command, state_at, study_of
from selflimit.phase_diagrams.pictures.palette import assemblages, styles_of
from selflimit.report.interactive.diagrams import plot_map
from selflimit.report.interactive.layout import PlotlyFigure, name_products, write_readably

STEP_K_EFF, STEP_VOLTAGE = 0.5, 0.05
"""Steps of the sliders (GPa, V)."""


def make_page() -> Dash:
    """Make the page; nothing of it comes from a network."""
    app = Dash(__name__, title="selflimit", serve_locally=True, update_title="")
    app.layout = html.Main(
        [
            html.H1("What does it become?"),
            html.Label("Electrolyte", htmlFor="electrolyte"),
            dcc.Dropdown(list(ELECTROLYTES), ELECTROLYTES[0], id="electrolyte", clearable=False),
            html.Label("K_eff (GPa)", htmlFor="k-eff"),
            _slider("k-eff", HIGHEST_K_EFF, STEP_K_EFF, 5.0),
            html.Label("Voltage (V vs Li/Li⁺)", htmlFor="voltage"),
            _slider("voltage", HIGHEST_VOLTAGE, STEP_VOLTAGE, 1.0),
            html.Dl(id="answer"),
            dcc.Graph(id="map", config={"displaylogo": False}),
            html.P(["The same on the command line: ", html.Code(id="command")]),
            html.Button("Save as JSON", id="save"),
            dcc.Download(id="saved"),
        ],
        style={"maxWidth": "60rem", "margin": "1rem auto", "padding": "0 1rem", "fontFamily": "system-ui, sans-serif"},
    )
    asked = [Input("electrolyte", "value"), Input("k-eff", "value"), Input("voltage", "value")]
    app.callback(Output("answer", "children"), Output("map", "figure"), Output("command", "children"), *asked)(show)
    now = [State(one.component_id, one.component_property) for one in asked]
    app.callback(Output("saved", "data"), Input("save", "n_clicks"), *now, prevent_initial_call=True)(save)
    return app


def _slider(name: str, top: float, step: float, value: float) -> dcc.Slider:
    marks = {round(top * i / 4, 3): f"{top * i / 4:g}" for i in range(5)}
    return dcc.Slider(0.0, top, step, value=value, marks=marks, id=name, updatemode="drag")


def show(formula: str, k_eff: float, voltage: float) -> tuple[list[Any], PlotlyFigure, str]:
    """Answer at the place of the sliders: words, the map with the point, and the equal command.

    Parameters
    ----------
    formula
        The electrolyte.
    k_eff, voltage
        Places of the sliders (GPa, V).
    """
    found = state_at(formula, k_eff, voltage)
    reaction = found.reaction
    rows = {
        "Window": found.window_text,
        "Products": name_products([product.formula for product in reaction.products]),
        "Reaction": write_readably(reaction.reaction),
        "Energy": f"{reaction.reaction_energy:.3f} eV per formula unit, mechanical work included",
        "Strain": f"ΔV/V₀ = {100 * reaction.reaction_strain:+.1f} %",
        "Left out": ", ".join(map(write_readably, study_of(formula).left_out)) or "no known phase",
    }
    words = [part for name, said in rows.items() for part in (html.Dt(html.B(name)), html.Dd(said))]
    return words, draw_point(formula, k_eff, voltage), equal_command(formula, k_eff, voltage)


def draw_point(formula: str, k_eff: float, voltage: float) -> PlotlyFigure:
    """Draw the map with the point of the sliders in it.

    Parameters
    ----------
    formula, k_eff, voltage
        As :func:`show`.
    """
    doc = study_of(formula).map
    figure = plot_map(doc, styles_of(assemblages(doc.regions), doc.formula), {})
    point = {
        "type": "scatter", "x": [voltage], "y": [k_eff], "mode": "markers", "hoverinfo": "skip",
        "marker": {"size": 14, "color": "#ffffff", "line": {"color": "#000000", "width": 3}}, "cliponaxis": False,
    }  # fmt: skip
    return {"data": [*figure["data"], point], "layout": figure["layout"]}


def save(_clicks: int, formula: str, k_eff: float, voltage: float) -> dict[str, str]:
    """Give the document of the point as a file.

    Parameters
    ----------
    _clicks
        How often the button was pressed.
    formula, k_eff, voltage
        As :func:`show`.
    """
    document = state_at(formula, k_eff, voltage).reaction
    name = f"{formula}-{k_eff:g}GPa-{voltage:g}V.json"
    return {"content": document.model_dump_json(indent=1), "filename": name, "type": "application/json"}
