"""Numbers and figures of README and documentation, computed anew; ``--check`` only compares.

A number is found by the words around it. ``--map`` draws the map of README anew from
shipped entries, ``--figures FOLDER`` takes the pictures of a finished run.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import selflimit
from selflimit.phase_diagrams import (
    ConstrainedPhaseDiagram,
    MechanicalRules,
    Sampling,
    competing_entries,
    with_experimental_volumes,
)

ROOT = Path(__file__).resolve().parent.parent
FIGURES = {"growth-0.png": "growth-fine.png", "growth-1.png": "growth.png"}
"""Picture in a run's folder -> its name in docs/images."""
SAMPLES = 300


@dataclass(frozen=True)
class Passage:
    """Numbers in a sentence."""

    page: str
    """File, from the root of the repository."""
    pattern: str
    """The words around the numbers; each group is a number."""
    numbers: Callable[[], tuple[str, ...]]
    """What the groups should say."""


def thresholds() -> tuple[str, ...]:
    """K_eff (GPa) at which Zr gives way to ZrCl2 at 0 V: force field, PBE, PBE with measured volumes."""
    pbe = competing_entries("Li-Zr-Cl")
    force_field = ConstrainedPhaseDiagram(competing_entries("Li-Zr-Cl", "force-field"))
    both = (ConstrainedPhaseDiagram(entries) for entries in (pbe, with_experimental_volumes(pbe)))
    k_effs = [diagram.hull_products("Li2ZrCl6", 0.0).critical_k_eff for diagram in (force_field, *both)]
    return f"{k_effs[0]:.0f}", *(f"{k_eff:.1f}" for k_eff in k_effs[1:])


@cache
def spread(source: Literal["bundled", "force-field"]) -> tuple[str, str, str, str, str, str]:
    """Median and quantiles of that K_eff (GPa); the probability of ZrCl2 at 15 GPa and its range over error models."""
    question = MechanicalRules().question("Li2ZrCl6", (0.0, 5.0, 10.0, 15.0), 0.0)
    found = Sampling(samples=SAMPLES).of(competing_entries("Li-Zr-Cl", source), question)
    band = found.thresholds[0]
    row = next(row for row in found.products if row.k_eff == 15.0 and row.products == ["LiCl", "ZrCl2"])
    median, low, high = (f"{one.value:.1f}" for one in (band.median, band.low, band.high) if one)
    least, most = row.model_range or (row.probability, row.probability)
    return median, low, high, f"{row.probability:.2f}", f"{least:.2f}", f"{most:.2f}"


def thresholds_of_both() -> tuple[str, ...]:
    """Median and quantiles (GPa) by DFT, then by force-field energies."""
    return *spread("bundled")[:3], *spread("force-field")[:3]


def probabilities_of_both() -> tuple[str, ...]:
    """Probability of ZrCl2 and its range over error models by DFT, then by force-field energies."""
    return *spread("bundled")[3:], *spread("force-field")[3:]


PASSAGES = (
    Passage(
        "README.md",
        r"under lithium at (\d+) GPa with CHGNet\s+r2scan, ([\d.]+) GPa with PBE energies and volumes, ([\d.]+) GPa",
        thresholds,
    ),
    Passage(
        "README.md",
        r"the threshold is ([\d.]+) GPa by Materials Project GGA energies\s+\(5-95 %: ([\d.]+)-([\d.]+)\) and "
        r"([\d.]+) GPa by force-field energies \(([\d.]+)-([\d.]+)\)",
        thresholds_of_both,
    ),
    Passage(
        "README.md",
        r"has a probability of ([\d.]+)\s+by DFT \(([\d.]+)-([\d.]+) over error models\) and of ([\d.]+) by "
        r"force-field energies \(([\d.]+)-([\d.]+)\)",
        probabilities_of_both,
    ),
)


def stale(passage: Passage) -> list[tuple[str, str]]:
    """Numbers of a passage that are not those computed now: written, computed."""
    found = re.search(passage.pattern, (ROOT / passage.page).read_text())
    if found is None:
        raise SystemExit(
            f"{passage.page}: no passage like {passage.pattern!r}; mend the pattern in tools/regenerate.py"
        )
    return [(old, new) for old, new in zip(found.groups(), passage.numbers(), strict=True) if old != new]


def rewrite(passage: Passage) -> None:
    """Put the numbers computed now in the place of those written."""
    path = ROOT / passage.page
    text = path.read_text()
    found = re.search(passage.pattern, text)
    for number, new in reversed(list(enumerate(passage.numbers(), start=1))):
        begin, end = found.span(number)
        text = text[:begin] + new + text[end:]
    path.write_text(text)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--check", action="store_true", help="only say what is stale; exit code 1 if anything is")
    asked.add_argument("--figures", type=Path, metavar="FOLDER", help="run folder whose pictures go to docs/images")
    asked.add_argument("--map", action="store_true", help="draw docs/images/stability.png")
    options = asked.parse_args()
    found = [(passage, old, new) for passage in PASSAGES for old, new in stale(passage)]
    for passage, old, new in found:
        print(f"{passage.page}: {old} is now {new}")
    if options.check:
        return int(bool(found))
    for passage in {passage for passage, _, _ in found}:
        rewrite(passage)
    if options.map:
        picture = ROOT / "docs" / "images" / "stability.png"
        selflimit.map_products("Li2ZrCl6").plot().savefig(picture, dpi=100, bbox_inches="tight")
    for drawn, name in FIGURES.items() if options.figures else ():
        shutil.copyfile(options.figures / "figures" / drawn, ROOT / "docs" / "images" / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
