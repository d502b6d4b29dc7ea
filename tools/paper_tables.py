"""Recompute every reading of the paper's simulations and write their tables: `python tools/paper_tables.py`.

Growths are kept in selflimit-presets/tables, one folder for each preset, width and seed: the command goes on where it
was stopped, and computes nothing twice. What is compared goes into docs/theory/paper-readings.json with date and
version, and from there into the tables of docs/theory/paper.md and self-limitation.md.

    python tools/paper_tables.py                       all readings, hours on one core
    python tools/paper_tables.py --only fig8-step1     one reading; rows of the others stay as they are
    python tools/paper_tables.py --write               only write the tables again
    python tools/paper_tables.py --front published     the published equations
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from selflimit import __version__
from selflimit.documents import ComparisonRow, GrowthDoc
from selflimit.mesoscale import (
    PRESETS,
    PUBLISHED_EQUATIONS,
    GrowthHistory,
    Preset,
    compare_growth,
    compare_stress,
    load_fields,
    static_stress,
)
from selflimit.report.pictures.presets import draw
from selflimit.units import MICROMETRE
from selflimit.workflows import decomposition_of, grow_preset, preset_parameters

ROOT = Path(__file__).resolve().parent.parent
THEORY = ROOT / "docs" / "theory"
KEPT = THEORY / "paper-readings.json"
RUNS = ROOT / "selflimit-presets" / "tables"
SETS = {"single-ion": PRESETS, "published": PUBLISHED_EQUATIONS}
SEEDS = {"fig5-fine": (1, 2, 3, 4, 5), "fig5-graded": (1, 2, 3, 4, 5), "fig5-fine-smooth": (1, 2)}
"""Seeds of the needles and of the packing, 1 where none are named."""
FINER = {"fig5-fine": (1,), "fig5-graded": (1,), "fig8-step1": (1,), "fig8-step1-local": (1,)}
"""Seeds that are also computed at half the preset's width."""
HEAD = ("preset", "quantity", "paper", "ours", "w (µm)", "seeds", "outcome", "why")
PAGES = {
    ("paper.md", "single-ion"): tuple(name for name in SETS["single-ion"] if not name.startswith("fig1")),
    ("paper.md", "published"): tuple(SETS["published"]),
    ("self-limitation.md", "single-ion"): ("fig1b-control", "fig1c-graded"),
}
"""Page and equations -> presets whose rows are written there."""


class Case(NamedTuple):
    """One computation: a preset at a width and a seed."""

    preset: Preset
    width: float
    seed: int

    @property
    def key(self) -> str:
        """Its name in the file and among the folders."""
        return f"{self.preset.front}/{self.preset.name}/w{self.width / MICROMETRE:g}-seed{self.seed}"


def cases_of(preset: Preset) -> list[Case]:
    """Every width and seed of a preset."""
    own = [Case(preset, preset.width, seed) for seed in SEEDS.get(preset.name, (1,))]
    if preset.front != "single-ion" or preset.step != "growth":
        return own[:1]
    return own + [Case(preset, 0.5 * preset.width, seed) for seed in FINER.get(preset.name, ())]


def compute(case: Case) -> list[ComparisonRow]:
    """Compute a case in its folder, with its figure and its film, and compare it."""
    folder, preset = RUNS / case.key, case.preset
    folder.mkdir(parents=True, exist_ok=True)
    parameters, layer = preset_parameters(preset, 0.0), preset.build(preset.grid(case.width), case.seed)
    if preset.step != "growth":
        given = parameters.model_copy(update={"interface_width": case.width})
        stressed = static_stress(given, layer, decomposition_of(preset.electrolyte, 0.0), folder)
        fields = load_fields(folder, stressed.fields)
        draw(preset, stressed, fields, folder, "webp")
        return compare_stress(preset, stressed, fields)
    document = folder / "document.json"
    if document.is_file():
        grown = GrowthDoc.model_validate_json(document.read_text(encoding="utf-8"))
    else:
        grown = grow_preset(preset, parameters, layer, folder)
        document.write_text(grown.model_dump_json(), encoding="utf-8")
    fields = load_fields(folder, grown.fields)
    if not (folder / f"{preset.name}.webp").is_file():
        draw(preset, grown, fields, folder, "webp")
    return compare_growth(preset, GrowthHistory(grown, fields, layer))


def keep(case: Case, rows: Iterable[ComparisonRow]) -> None:
    """Put the rows of a case into the file, over those that were there."""
    known = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    known[case.key] = {
        "version": __version__, "date": date.today().isoformat(), "rows": [row.model_dump(mode="json") for row in rows]
    }  # fmt: skip
    KEPT.write_text(json.dumps(dict(sorted(known.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def said(values: Sequence[float | None]) -> str:
    """Values of several seeds: all alike, or from the least to the largest, and how often there was none."""
    there = sorted(value for value in values if value is not None)
    if not there:
        return "not within the run"
    text = f"{there[0]:.3g}" if f"{there[0]:.3g}" == f"{there[-1]:.3g}" else f"{there[0]:.3g} to {there[-1]:.3g}"
    missing = len(values) - len(there)
    return f"{text}; in {missing} not within the run" if missing else text


def outcome(rows: Sequence[ComparisonRow]) -> str:
    """The outcome that all seeds have, or in how many of them the published value comes out."""
    outcomes = {row.outcome for row in rows}
    if len(outcomes) == 1:
        return outcomes.pop()
    good = [row for row in rows if row.is_within]
    return f"in {len(good)} of {len(rows)}: {good[0].outcome}"


def lines_of(preset: Preset, known: dict[str, dict[str, list[dict[str, object]]]]) -> Iterable[tuple[str, ...]]:
    """Lines of a preset, one for each quantity and width."""
    name = preset.name
    for width in dict.fromkeys(case.width for case in cases_of(preset)):
        done = [case for case in cases_of(preset) if case.width == width and case.key in known]
        tables = [[ComparisonRow.model_validate(row) for row in known[case.key]["rows"]] for case in done]
        for rows in zip(*tables, strict=True):
            first = rows[0]
            unit = "" if first.unit == "1" else f" {first.unit}"
            yield (
                name, first.quantity, first.published + unit * bool(first.low is not None or first.high is not None),
                said([row.value for row in rows]) + unit, f"{width / MICROMETRE:g}", str(len(rows)), outcome(rows),
                first.remark,
            )  # fmt: skip
            name = ""


def table_of(names: Sequence[str], front: str, known: dict[str, dict[str, list[dict[str, object]]]]) -> str:
    """The table of these presets, with the dates and versions that its rows were computed with."""
    lines = [line for name in names for line in lines_of(SETS[front][name], known)]
    made = [known[case.key] for name in names for case in cases_of(SETS[front][name]) if case.key in known]
    stamp = ", ".join(sorted({f"version {one['version']}, {one['date']}" for one in made})) or "not computed yet"
    left = [case.key.removeprefix(f"{front}/") for name in names for case in cases_of(SETS[front][name])]
    left = [key for key in left if f"{front}/{key}" not in known]
    missing = f" Not computed yet: {', '.join(left)}." if left else ""
    if not lines:
        return f"`python tools/paper_tables.py --front {front}` writes a table here; it has not been computed yet."
    rows = ["| " + " | ".join(line) + " |" for line in (HEAD, ("---",) * len(HEAD), *lines)]
    return "\n".join([f"Computed by `python tools/paper_tables.py`: {stamp}.{missing}", "", *rows])


def write_tables() -> None:
    """Write every table between its two marks."""
    known = json.loads(KEPT.read_text(encoding="utf-8"))
    for (page, front), names in PAGES.items():
        path = THEORY / page
        begin, end = (f"<!-- {front} readings: {edge} -->" for edge in ("begin", "end"))
        before, rest = path.read_text(encoding="utf-8").split(begin)
        _, after = rest.split(end)
        path.write_text(f"{before}{begin}\n{table_of(names, front, known)}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="presets; default: all")
    parser.add_argument("--front", choices=tuple(SETS), default=None, help="equations; default: both")
    parser.add_argument("--seed", type=int, nargs="+", help="only these seeds")
    parser.add_argument("--width", type=float, nargs="+", help="only these widths (um)")
    parser.add_argument("--write", action="store_true", help="compute nothing")
    given = parser.parse_args()
    asked = [
        case
        for front, presets in SETS.items()
        if given.front in (None, front)
        for name, preset in presets.items()
        if not given.only or name in given.only
        for case in cases_of(preset)
        if (not given.seed or case.seed in given.seed) and (not given.width or case.width * 1e6 in given.width)
    ]
    for case in [] if given.write else asked:
        keep(case, compute(case))
        print(case.key, "done", flush=True)
    write_tables()


if __name__ == "__main__":
    main()
