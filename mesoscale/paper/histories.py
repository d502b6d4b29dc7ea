"""A growth as a reading of it needs it: times, contact, shape and pressures by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from selflimit.arrays import FloatArray
from selflimit.documents import GrowthDoc
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.verdict.contact import Contact
from selflimit.units import MPA

COVERED = 0.95
"""Share of the electrolyte's open surface from which it counts as covered."""
TAKEN = 0.5
"""Order parameter from which a place counts as lithium."""
FULL = 0.9
"""Order parameter from which a cell is metal and no longer front."""


@dataclass(frozen=True)
class GrowthHistory:
    """A growth and its fields at the output times.

    Attributes
    ----------
    doc
        The document.
    fields
        Its fields: 'xi' of shape ``(times,) + nodes``, 'pressure' of shape ``(times,) + shape`` (Pa).
    structure
        The microstructure it grew in.
    """

    doc: GrowthDoc
    fields: Mapping[str, FloatArray]
    structure: Microstructure

    @cached_property
    def contacts(self) -> list[Contact]:
        """Contact with the electrolyte at the output times."""
        return [Contact.of(self.structure, xi) for xi in self.fields["xi"]]

    def at(self, time: float, values: list[float]) -> float | None:
        """A value at ``time`` (s), linear between outputs; None if the run ended before, or it is not there yet."""
        times = np.array(self.doc.times)
        if not times[0] <= time <= times[-1] * (1.0 + 1e-9):
            return None
        value = float(np.interp(time, times, values))
        return value if np.isfinite(value) else None

    def first_time(self, share: float) -> float | None:
        """When lithium covers that share of the electrolyte's surface on fine particles (s); None: it does not."""
        covered = [contact.coverage_fine or 0.0 for contact in self.contacts]
        reached = np.flatnonzero(np.array(covered) >= share)
        if reached.size == 0:
            return None
        after = int(reached[0])
        if after == 0:
            return float(self.doc.times[0])
        before, times = after - 1, self.doc.times
        part = (share - covered[before]) / (covered[after] - covered[before])
        return float(times[before] + part * (times[after] - times[before]))

    def tip_compression(self, time: float) -> float | None:
        """Mean -P (MPa) of the lithium that touches the electrolyte at ``time`` (s)."""
        found = [
            -contact.mean_over_covered(pressure) / MPA if contact.coverage > 0 else np.nan
            for contact, pressure in zip(self.contacts, self.fields["pressure"], strict=True)
        ]
        return self.at(time, found)

    def transmitted(self, time: float) -> float | None:
        """Mean -P (MPa) of the electrolyte that lies on coarse particles at ``time`` (s)."""
        contact = self.contacts[0]
        if not contact.coarse.any():
            return None
        return self.at(time, [-contact.mean_behind_coarse(p) / MPA for p in self.fields["pressure"]])

    def peak(self, begin: float, end: float) -> float | None:
        """Largest compression (MPa) between two times (s); None if there is no output between them."""
        found = [p for t, p in zip(self.doc.times, self.doc.peak_compression, strict=True) if begin <= t <= end]
        return max(found) if found else None

    def taken(self, of: FloatArray) -> float:
        """Share of a phase (volume fraction per cell, shape ``shape``) that is lithium in the end."""
        lithium = self.structure.grid.to_cells(self.fields["xi"][-1]) > TAKEN
        return float((lithium * of).sum() / of.sum())

    def arrival(self) -> float | None:
        """When the highest lithium reaches the electrolyte (s), linear between outputs; None: it does not."""
        surface = self.structure.grid.spacing * float(np.argmax(self.structure.electrolyte.max(axis=0) > TAKEN))
        heights, times = np.array(self.doc.tip_height), np.array(self.doc.times)
        there = np.flatnonzero(heights >= surface)
        if there.size == 0 or there[0] == 0:
            return None
        pair = slice(int(there[0]) - 1, int(there[0]) + 1)
        return float(np.interp(surface, heights[pair], times[pair]))

    def at_open_surface(self, time: float) -> float | None:
        """Mean -P (MPa) at the faces between electrolyte and fine particles, covered or not, at ``time`` (s).

        The pressure of a face is the mean of its two sides, of the electrolyte and of what lies on it.
        """
        return self.at(time, [-contact.mean_at_fine(p) / MPA for contact, p in self._contacts_with("pressure")])

    def in_lithium(self, time: float) -> float | None:
        """Mean -P (MPa) in the metal at ``time`` (s)."""
        found = []
        for xi, pressure in zip(self.fields["xi"], self.fields["pressure"], strict=True):
            metal = self.structure.grid.to_cells(xi) > FULL
            found.append(-float(pressure[metal].mean()) / MPA if metal.any() else np.nan)
        return self.at(time, found)

    def tips(self, until: float) -> float | None:
        """Most tips per trunk that the lithium has had until ``time`` (s); None: it never had a trunk."""
        shape = self.doc.shape
        seen = [
            tips / trunks
            for time, tips, trunks in zip(self.doc.times, shape.tips, shape.trunks, strict=True)
            if time <= until and trunks
        ]
        return max(seen) if seen else None

    def solidity(self, until: float) -> float | None:
        """Least solidity that the trunks have had until ``time`` (s); None: there was none."""
        seen = [
            value
            for time, value in zip(self.doc.times, self.doc.shape.solidity, strict=True)
            if time <= until and value is not None
        ]
        return min(seen) if seen else None

    def _contacts_with(self, field: str) -> list[tuple[Contact, FloatArray]]:
        return list(zip(self.contacts, self.fields[field], strict=True))
