"""What a screening of crystals by a cheap calculator decided."""

from typing import Literal

from pydantic import Field

from selflimit.documents.records import Document, LevelOfTheory, Record


class ScreenedCrystal(Record):
    """What the screening made of one crystal."""

    label: str = Field(description="What was relaxed")
    above_hull: float | None = Field(description="Above the hull of all screened crystals (eV/atom); None: failed")
    decision: Literal["passed on", "duplicate", "outside the window", "cut off", "failed"] = Field(
        description="duplicate: the same crystal as another one; cut off: within the window, but "
        "more were than may pass"
    )
    same_as: str | None = Field(description="Label of the crystal that it duplicates; None: of none")


class ScreeningDoc(Document):
    """Which crystals a screening passed on, and what became of the others."""

    window: float = Field(ge=0, description="Crystals up to this far above the hull are passed on (eV/atom)")
    most: int = Field(ge=1, description="Crystals that may be passed on")
    crystals: list[ScreenedCrystal] = Field(min_length=1, description="All that were screened, in the order given")
    level_of_theory: LevelOfTheory = Field(description="How the screening's energies were obtained")

    def count(self, decision: str) -> int:
        """Crystals with that decision."""
        return sum(crystal.decision == decision for crystal in self.crystals)

    @property
    def summary(self) -> str:
        """One line for reports."""
        others = ("duplicate", "outside the window", "cut off", "failed")
        rest = ", ".join(f"{count} {decision}" for decision in others if (count := self.count(decision)))
        return (
            f"{self.level_of_theory.label} passed on {self.count('passed on')} of {len(self.crystals)} crystals within "
            f"{self.window:g} eV/atom (at most {self.most}){'; ' + rest if rest else ''}"
        )
