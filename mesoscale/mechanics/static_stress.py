"""Static stress where lithium in the fine channel meets the less stable electrolyte and has reacted with it.

Step two of the published model: the phases are given, only mechanical equilibrium is solved. Lithium expands among fine
particles and, more, at the surface of coarse ones; the reaction zone at the tip expands by the retained fraction of the
decomposition's strain. Mechanics is linear, so one unit solve for the zone gives every retained fraction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.ndimage import distance_transform_edt, label, maximum

from selflimit.arrays import FloatArray
from selflimit.documents import DecompositionDoc, StressDoc
from selflimit.errors import InputError
from selflimit.mesoscale.field_files import save_fields
from selflimit.mesoscale.grid import Grid
from selflimit.mesoscale.layers.microstructure import ON_COARSE, Microstructure, grid_axes, phase_lame
from selflimit.mesoscale.mechanics.elasticity import MechanicalState, equilibrium, roller_box
from selflimit.mesoscale.parameters import InterfaceParameters
from selflimit.plausible import LENGTH, check_quantity
from selflimit.progress import Progress, silent
from selflimit.units import MICROMETRE, MPA

SWEEP = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Retained fractions of the reaction strain that are always reported."""
RTOL = 1e-8
"""Relative residual of the mechanical solves."""


@dataclass(frozen=True)
class InterfacePhases:
    """Volume fractions of the phases per cell, each of shape ``grid.shape``; what is left is fine particles.

    Attributes
    ----------
    lithium
        Lithium that covers the fine particles (xi and psi1).
    contact
        The part of ``lithium`` on the surface of coarse particles (psi5).
    coarse
        Coarse particles (psi2).
    electrolyte
        Less stable electrolyte that has not reacted (psi3).
    zone
        Reaction zone at the tip (psi4).
    """

    lithium: FloatArray
    contact: FloatArray
    coarse: FloatArray
    electrolyte: FloatArray
    zone: FloatArray

    @classmethod
    def at_tip(cls, structure: Microstructure, depth: float, contact: float) -> Self:
        """Lithium in all of the fine part, and a half-elliptic reaction zone where its channel meets the electrolyte.

        Parameters
        ----------
        structure
            An 'interface' microstructure.
        depth
            Depth of the reaction zone below the electrolyte's surface (m); it is as wide as the channel.
        contact
            Thickness of the lithium that counts as lying on a coarse particle (m).

        Raises
        ------
        InputError
            If there is no electrolyte, no open channel to it, or the zone is thinner than two cells.
        """
        grid, fine = structure.grid, 1.0 - structure.coarse - structure.electrolyte
        if structure.electrolyte.max() < 0.5:
            raise InputError(
                f"expected a microstructure with an electrolyte, got '{structure.name}'; use Microstructure.interface"
            )
        check_quantity("depth of the reaction zone", depth, LENGTH)
        check_quantity("thickness of the lithium on coarse particles", contact, LENGTH)
        if not 2.0 * grid.spacing <= depth < grid.size[-1]:
            raise InputError(f"expected a zone of at least two cells, got depth {depth} m at dx = {grid.spacing} m")
        zone = _half_ellipse(structure, depth) * structure.electrolyte
        near = structure.near_coarse(contact)
        return cls(fine, fine * near, structure.coarse, structure.electrolyte - zone, zone)

    def moduli(self, p: InterfaceParameters) -> tuple[FloatArray, FloatArray]:
        """Lame constants (Pa), volume-weighted over the phases, each of shape ``grid.shape``."""
        fine = 1.0 - self.lithium - self.coarse - self.electrolyte - self.zone
        parts = {
            "lithium": self.lithium,
            "particle": self.coarse + fine,
            "electrolyte": self.electrolyte,
            "zone": self.zone,
        }
        lam = sum(fraction * phase_lame(p, name)[0] for name, fraction in parts.items())
        mu = sum(fraction * phase_lame(p, name)[1] for name, fraction in parts.items())
        return np.asarray(lam), np.asarray(mu)

    def lithium_strain(self, p: InterfaceParameters) -> FloatArray:
        """Eigenstrain (xx, yy, zz) of the lithium, dimensionless, shape ``grid.shape + (3,)``."""
        fine, coarse = (grid_axes(k, self.lithium.ndim) for k in (p.fine_expansion, p.coarse_expansion))
        return np.asarray((self.lithium - self.contact)[..., None] * fine + self.contact[..., None] * coarse)

    def unit_zone_strain(self) -> FloatArray:
        """Eigenstrain (xx, yy, zz) of a zone that expands by 1 along each axis, shape ``grid.shape + (3,)``."""
        return np.repeat(self.zone[..., None], 3, axis=-1)


@dataclass(frozen=True)
class InterfaceStress:
    """The two solutions that all static stresses are sums of: lithium's strain, and a unit strain of the zone."""

    lithium: MechanicalState
    zone: MechanicalState

    def pressure(self, zone_eigenstrain: float) -> FloatArray:
        """Hydrostatic pressure (Pa) at a linear eigenstrain of the zone, shape ``grid.shape``; compression negative."""
        return self.lithium.pressure + zone_eigenstrain * self.zone.pressure

    def displacement(self, zone_eigenstrain: float) -> FloatArray:
        """Displacement (m) at a linear eigenstrain of the zone, shape ``nodes + (2,)``."""
        return self.lithium.displacement + zone_eigenstrain * self.zone.displacement


def interface_stress(grid: Grid, phases: InterfacePhases, p: InterfaceParameters) -> InterfaceStress:
    """Find mechanical equilibrium for lithium's strain and for a unit zone strain, with roller sides and fixed ends.

    Parameters
    ----------
    grid
        The domain.
    phases
        Volume fractions of all phases per cell.
    p
        Moduli (Pa) and lithium's strains.

    Raises
    ------
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    lam, mu = phases.moduli(p)
    start = np.zeros((*grid.nodes, grid.dimension))
    lithium, zone = (
        equilibrium(grid, lam, mu, strain, roller_box(grid), start, RTOL)
        for strain in (phases.lithium_strain(p), phases.unit_zone_strain())
    )
    return InterfaceStress(lithium, zone)


def static_stress(
    parameters: InterfaceParameters,
    structure: Microstructure,
    decomposition: DecompositionDoc,
    folder: Path,
    zone_depth: float = 6.0 * MICROMETRE,
    contact: float = ON_COARSE,
    sweep: Sequence[float] = SWEEP,
    progress: Progress = silent,
) -> StressDoc:
    """Static stress at the tip with and without the decomposition products.

    Parameters
    ----------
    parameters
        Physical parameters, usually from ``InterfaceParameters.from_decomposition(decomposition, ...)``.
    structure
        An 'interface' microstructure on its grid.
    decomposition
        Reaction of the electrolyte; kept in the document.
    folder
        Where the fields go, as 'interface-stress-<K_eff>GPa.npz'.
    zone_depth
        Depth of the reaction zone (m).
    contact
        Thickness of lithium that counts as lying on a coarse particle (m).
    sweep
        Retained fractions to report besides the parameters' own.
    progress
        Listener.

    Raises
    ------
    InputError
        If the microstructure has no electrolyte, or a retained fraction is outside [0, 1].
    ConvergenceError
        If a linear solve misses its tolerance.
    """
    fractions = sorted({*sweep, parameters.retained_fraction})
    if not (fractions[0] >= 0.0 and fractions[-1] <= 1.0):
        raise InputError(f"expected retained fractions within 0 and 1, got {fractions[0]} to {fractions[-1]}")
    phases = InterfacePhases.at_tip(structure, zone_depth, contact)
    progress(0.0, "static stress at the interface")
    # linear elasticity: two solves give every retained fraction by superposition
    solved = interface_stress(structure.grid, phases, parameters)
    tips = {f"{r:.6g}": tip_compression(phases, solved.pressure(r * parameters.reaction_strain)) for r in fractions}
    return _document(parameters, structure, decomposition, phases, solved, tips, folder)


def tip_compression(phases: InterfacePhases, pressure: FloatArray) -> float:
    """Mean of -P over the reaction zone (MPa) of a pressure (Pa)."""
    return float(-(phases.zone * pressure).sum() / phases.zone.sum()) / MPA


def _document(
    p: InterfaceParameters,
    structure: Microstructure,
    decomposition: DecompositionDoc,
    phases: InterfacePhases,
    solved: InterfaceStress,
    tips: dict[str, float],
    folder: Path,
) -> StressDoc:
    pressure = solved.pressure(p.zone_eigenstrain)
    arrays = {name: (getattr(phases, name), "1") for name in ("lithium", "contact", "coarse", "electrolyte", "zone")}
    arrays |= {"pressure": (pressure, "Pa"), "pressure_without_reaction": (solved.lithium.pressure, "Pa")}
    arrays |= {"displacement": (solved.displacement(p.zone_eigenstrain), "m")}
    return StressDoc(
        microstructure=structure.describe(),
        grid_shape=structure.grid.shape,
        spacing=structure.grid.spacing,
        parameters=p.rows(),
        decomposition=decomposition,
        zone_eigenstrain=p.zone_eigenstrain,
        tip_compression=tip_compression(phases, pressure),
        tip_compression_range=_over_polymorphs(p, phases, solved),
        peak_compression=float(-pressure.min()) / MPA,
        tip_compression_without_reaction=tip_compression(phases, solved.lithium.pressure),
        retained_fraction_sweep=tips,
        multigrid_iterations=max(1, solved.lithium.iterations + solved.zone.iterations),
        residual=max(solved.lithium.residual, solved.zone.residual),
        fields=save_fields(folder, f"interface-stress-{decomposition.k_eff:g}GPa.npz", arrays),
    )


def _over_polymorphs(
    p: InterfaceParameters, phases: InterfacePhases, solved: InterfaceStress
) -> tuple[float, float] | None:
    """Compression at the tip (MPa) over the strains of near polymorphs; None: they are not known."""
    if p.reaction_strain_range is None:
        return None
    ends = [tip_compression(phases, solved.pressure(p.retained_fraction * e)) for e in p.reaction_strain_range]
    return min(ends), max(ends)


def _half_ellipse(structure: Microstructure, depth: float) -> FloatArray:
    """Cells above the mouths of the fine channels, 0 or 1, shape ``grid.shape``: half-ellipses of a channel's width.

    A place in a mouth counts by its distance from the mouth's edge, so that channels in space may bend and cross.
    """
    grid, mouth = structure.grid, structure.coarse.max(axis=-1) < 0.5
    if not mouth.any():
        raise InputError("expected a fine channel that reaches the electrolyte, found none; widen the channel")
    surface = int(np.argmax(structure.electrolyte.reshape(-1, grid.shape[-1])[0] > 0.5))
    height = grid.cell_centres()[-1] - surface * grid.spacing
    if mouth.all():
        return np.asarray((height <= depth).astype(float))
    # each mouth by itself: half its width is the largest distance from an edge within it
    inside, (number, count) = distance_transform_edt(mouth), label(mouth)
    half = np.concatenate([[1.0], maximum(inside, number, np.arange(1, count + 1))])[number]
    lateral = np.where(mouth, (half - inside + 0.5) / half, np.inf)
    return np.asarray((lateral[..., None] ** 2 + (height / depth) ** 2 <= 1.0).astype(float))
