"""The page itself: an electrolyte, two sliders, the map with the point, and what holds there."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from selflimit.app.limits import ELECTROLYTES, HIGHEST_K_EFF, HIGHEST_VOLTAGE, STEP_K_EFF, STEP_VOLTAGE


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


def show(formula: str, k_eff: float, voltage: float) -> tuple[list[Any], dict[str, Any], str]:
    """Answer at the place of the sliders: words, the map with the point, and the equal command.

    Parameters
    ----------
    formula
        The electrolyte.
    k_eff, voltage
        Places of the sliders (GPa, V).
    """
    from selflimit.app.study import describe, draw_point, equal_command  # heavy: the page is shown before

    told = describe(formula, k_eff, voltage)
    words = [part for name, said in told.items() for part in (html.Dt(html.B(name)), html.Dd(said))]
    return words, draw_point(formula, k_eff, voltage), equal_command(formula, k_eff, voltage)


def save(_clicks: int, formula: str, k_eff: float, voltage: float) -> dict[str, str]:
    """Give the document of the point as a file.

    Parameters
    ----------
    _clicks
        How often the button was pressed.
    formula, k_eff, voltage
        As :func:`show`.
    """
    from selflimit.app.study import state_at  # heavy: the page is shown before

    document = state_at(formula, k_eff, voltage).reaction
    name = f"{formula}-{k_eff:g}GPa-{voltage:g}V.json"
    return {"content": document.model_dump_json(indent=1), "filename": name, "type": "application/json"}
