"""Potential and pressure of one moment together: charge in the electrolyte, volume in the lithium, currents between.

The unknowns are psi at every node but the far electrolyte's, and the work P v_m/(nF) at every node that lithium has
taken but the foil's. A contact current answers to both, and stiffly: a stalled contact has psi = -w P. So they are
found by one Newton iteration with a sparse direct solver. At a given current the overpotential shifts with each update.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from selflimit.arrays import AnyArray, FloatArray
from selflimit.errors import ConvergenceError
from selflimit.mesoscale.arrest.kinetics import LITHIUM_CHARGE_VOLUME
from selflimit.mesoscale.flow.film import FilmCurrent
from selflimit.mesoscale.flow.network import FlowElements
from selflimit.mesoscale.solver.elements import diffusion_elements

MOST_NEWTON = 60
"""Newton iterations after which a step counts as too long."""
CLOSE_ENOUGH = 1e-8
"""Last update of psi and of the pressure's work (V) at which they count as found: 0.07 kPa."""
LARGEST_UPDATE = 0.05
"""Most that one iteration changes either (V): the kinetics is an exponential of RT/nF = 0.026 V."""
PER_VOLUME = 1.0 / LITHIUM_CHARGE_VOLUME
"""Charge of a volume of lithium (C/m^3): in it both balances have one size, so that pivots stay on the diagonal."""
ROUND_OFF_SHARE = 1e-10
"""Share of the contacts' charge below which a residual need not fall any more."""
SHORTEST = 1e-4
"""Share of an update below which the search along it has failed."""


class Contacts(NamedTuple):
    """Currents through all contacts of a node, at one psi and one work of pressure; flat nodal arrays."""

    charge: FloatArray
    """Charge that leaves the electrolyte (A per m of depth; A in 3-D)."""
    by_potential: FloatArray
    """Its fall with psi (S per m of depth), >= 0."""
    by_work: FloatArray
    """Its fall with the work (S per m of depth), >= 0."""
    volume: FloatArray
    """Volume that presses on the lithium (m^2/s; m^3/s in 3-D)."""
    volume_by_potential: FloatArray
    """Its fall with psi (m^2/(s V))."""
    volume_by_work: FloatArray
    """Its fall with the work (m^2/(s V)), >= 0."""
    plated: FloatArray
    """Part of ``volume`` that is lithium."""
    film: FilmCurrent
    """What the product took."""


class Volumes(NamedTuple):
    """Where what presses on the lithium goes, per time (m^2/s; m^3/s in 3-D)."""

    entering: FloatArray
    """Into free space, flat nodal array."""
    extruded: float
    """Out through the foil."""
    lost: float
    """What is missing of all, with what compression stores."""


@dataclass(frozen=True)
class CoupledFields:
    """The equations of one sweep.

    Attributes
    ----------
    cells
        Numbers of the nodes at the corners of every cell, shape ``(cells, 2^d)``.
    conductivity
        Ionic conductivity per cell times dx^(d-2), shape ``(cells,)``.
    grown, falls
        Charge that the front takes at ``last`` (A per m of depth), and what it falls by per V, flat.
    last
        psi of the last sweep (V), flat.
    far
        Whether a node is on the far electrolyte, flat.
    lithium
        Numbers of the nodes whose pressure is unknown.
    foil
        Numbers of those on the foil, whose pressure is given.
    flow
        Flow through the taken cells.
    storage
        Volume taken up per work and time (m^2/(V s)), flat.
    before
        Work at the beginning of the step (V), flat.
    contacts
        Currents at the contacts for psi and work, flat.
    """

    cells: AnyArray
    conductivity: FloatArray
    grown: FloatArray
    falls: FloatArray
    last: FloatArray
    far: AnyArray
    lithium: AnyArray
    foil: AnyArray
    flow: FlowElements
    storage: FloatArray
    before: FloatArray
    contacts: Callable[[FloatArray, FloatArray], Contacts]

    @cached_property
    def _numbers(self) -> tuple[AnyArray, AnyArray]:
        """Number of each node's unknowns, psi and work; -1 where it is given."""
        nodes = len(self.far)
        psi, work = np.full(nodes, -1), np.full(nodes, -1)
        psi[~self.far] = np.arange(np.count_nonzero(~self.far))
        work[self.lithium] = np.count_nonzero(~self.far) + np.arange(len(self.lithium))
        return psi, work

    @cached_property
    def _stiffness(self) -> csc_array:
        """Conduction between all nodes (S per m of depth)."""
        element = diffusion_elements(self.flow.dimension)[0, :, :, 0, 0]
        values = self.conductivity[:, None, None] * element
        return _assembled(self.cells, values, np.arange(len(self.far)), len(self.far))

    @cached_property
    def _conduction(self) -> csc_array:
        """The same among the unknowns."""
        unknown = np.flatnonzero(~self.far)
        return self._stiffness[unknown][:, unknown]

    def residual(self, psi: FloatArray, work: FloatArray, at: Contacts) -> FloatArray:
        """What is missing of charge, and of volume as the charge of lithium (A per m; A in 3-D), of the unknowns."""
        charge = self._stiffness @ psi - self.grown + self.falls * (psi - self.last) - at.charge
        volume = self.flow.leaving(work) + self.storage * (work - self.before) - at.volume
        return np.concatenate([charge[~self.far], PER_VOLUME * volume[self.lithium]])

    def tangent(self, work: FloatArray, at: Contacts) -> csc_array:
        """Derivative of the residual by the unknowns."""
        psi, pressed = self._numbers
        size = int(max(psi.max(), pressed.max())) + 1
        free, lithium = np.flatnonzero(~self.far), self.lithium
        own = (self.falls + at.by_potential)[free]
        both = lithium[psi[lithium] >= 0]
        rows = [psi[free], pressed[lithium], psi[both], pressed[both]]
        columns = [psi[free], pressed[lithium], pressed[both], psi[both]]
        values = [
            own,
            PER_VOLUME * (self.storage + at.volume_by_work)[lithium],
            at.by_work[both],
            PER_VOLUME * at.volume_by_potential[both],
        ]  # fmt: skip
        diagonal = coo_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(size, size)
        )
        flow = _assembled(self.flow.cells, PER_VOLUME * self.flow.tangents(work), pressed, size)
        conduction = self._conduction.tocoo()
        spread = coo_array((conduction.data, (conduction.coords[0], conduction.coords[1])), shape=(size, size))
        return (diagonal.tocsc() + flow + spread.tocsc()).tocsc()

    def solve(
        self, psi: FloatArray, work: FloatArray, wanted: float | None, per_time: float
    ) -> tuple[FloatArray, FloatArray, Contacts]:
        """psi and work (V), flat, from a guess that has the given values.

        Parameters
        ----------
        psi, work
            First guess; on the far electrolyte psi is the overpotential.
        wanted
            Charge per time that the front and the contacts take together (A per m of depth; A in 3-D); None: psi on the
            far electrolyte stays.
        per_time
            Charge per time (A per m) that is one: for the size of the residual.

        Raises
        ------
        ConvergenceError
            If Newton's method does not settle: the step is too long.
        """
        at = self.contacts(psi, work)
        lacking = self._lacking(psi, at, wanted)
        for _ in range(MOST_NEWTON):
            missing = self.residual(psi, work, at)
            step = splu(
                self.tangent(work, at), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01,
                options={"SymmetricMode": True},
            )  # fmt: skip
            d_psi, d_work = self._spread(step.solve(-missing))
            if wanted is not None:
                d_psi, d_work = self._shifted(step, d_psi, d_work, at, lacking)
            most = max(float(np.max(np.abs(d_psi))), float(np.max(np.abs(d_work), initial=0.0)))
            share, size = min(1.0, LARGEST_UPDATE / max(most, 1e-300)), float(np.linalg.norm(missing)) / per_time
            while True:
                new_psi, new_work = psi + share * d_psi, work + share * d_work
                new = self.contacts(new_psi, new_work)
                left = float(np.linalg.norm(self.residual(new_psi, new_work, new))) / per_time
                # of the currents that cancel in it, a residual keeps what round-off leaves
                is_round_off = size < ROUND_OFF_SHARE * (1.0 + float(np.abs(at.charge).sum()) / per_time)
                if np.isfinite(left) and (left <= size * (1.0 - 1e-4 * share) or most < CLOSE_ENOUGH or is_round_off):
                    break
                share *= 0.5
                if share < SHORTEST:
                    raise ConvergenceError("flow: no way down to balance of charge and volume; shorten the step")
            psi, work, at = new_psi, new_work, new
            lacking = self._lacking(psi, at, wanted)
            if most < CLOSE_ENOUGH and share == 1.0:
                return psi, work, at
        raise ConvergenceError(
            f"flow: potential and pressure still change by {most:.1e} V after {MOST_NEWTON} iterations; shorten the "
            "step"
        )

    def volumes(self, work: FloatArray, at: Contacts) -> Volumes:
        """Where the volume goes that presses on the lithium, at the solution ``work`` (V), flat."""
        stored = self.storage * (work - self.before)
        # what is neither stored nor passed on to a neighbour leaves the network at the node
        left = at.volume - self.flow.leaving(work) - stored
        is_free = np.ones(len(work), dtype=np.bool_)
        is_free[self.lithium], is_free[self.foil] = False, False
        entering, extruded = np.where(is_free, left, 0.0), float(left[self.foil].sum())
        lost = float(at.volume.sum()) - float(stored.sum()) - extruded - float(entering.sum())
        return Volumes(entering, extruded, lost)

    def taken_charge(self, psi: FloatArray, at: Contacts) -> float:
        """Charge per time that the front and all contacts take (A per m of depth; A in 3-D)."""
        return float((self.grown - self.falls * (psi - self.last) + at.charge).sum())

    def _lacking(self, psi: FloatArray, at: Contacts, wanted: float | None) -> float:
        return 0.0 if wanted is None else wanted - self.taken_charge(psi, at)

    def _shifted(
        self, step: object, d_psi: FloatArray, d_work: FloatArray, at: Contacts, lacking: float
    ) -> tuple[FloatArray, FloatArray]:
        """The update with the shift of the overpotential that the given current asks for."""
        free, held = np.flatnonzero(~self.far), np.where(self.far, 1.0, 0.0)
        by_held = np.concatenate([(self._stiffness @ held)[free], np.zeros(len(self.lithium))])
        p_psi, p_work = self._spread(step.solve(-by_held))  # type: ignore[attr-defined]
        p_psi = p_psi + held
        falls = self.falls + at.by_potential
        gained = -float((falls * p_psi + at.by_work * p_work).sum())
        if not gained < 0.0:
            raise ConvergenceError("growth: no lithium is left that could carry the current; end the schedule before")
        shift = (lacking + float((falls * d_psi + at.by_work * d_work).sum())) / gained
        return d_psi + shift * p_psi, d_work + shift * p_work

    def _spread(self, update: FloatArray) -> tuple[FloatArray, FloatArray]:
        """An update of the unknowns as nodal fields, zero where they are given."""
        d_psi, d_work = np.zeros(len(self.far)), np.zeros(len(self.far))
        count = np.count_nonzero(~self.far)
        d_psi[~self.far], d_work[self.lithium] = update[:count], update[count:]
        return d_psi, d_work


def _assembled(cells: AnyArray, values: FloatArray, numbers: AnyArray, size: int) -> csc_array:
    """Sum of element matrices, of the unknowns that have a number."""
    own = numbers[cells]
    rows = np.broadcast_to(own[:, :, None], values.shape).ravel()
    columns = np.broadcast_to(own[:, None, :], values.shape).ravel()
    kept = (rows >= 0) & (columns >= 0)
    return coo_array((values.ravel()[kept], (rows[kept], columns[kept])), shape=(size, size)).tocsc()
