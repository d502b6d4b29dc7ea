"""Where lithium touches the less stable electrolyte, and the zone that has reacted behind the contact."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from selflimit.arrays import BoolArray, FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.equations.electrochemistry import switch
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.layers.surfaces import Surface
from selflimit.mesoscale.mechanics.static_stress import InterfacePhases
from selflimit.plausible import LENGTH, check_quantity


@dataclass(frozen=True)
class Contact:
    """Lithium at the electrolyte's surface, whatever its shape: flat, inclined, a trench or a particle.

    Attributes
    ----------
    surface
        The faces between electrolyte and layer.
    coarse
        Whether the cell outside each face is of a coarse particle, shape ``(faces,)``.
    covered
        Whether the cell outside each face is lithium (xi above one half), shape ``(faces,)``.
    """

    surface: Surface
    coarse: BoolArray
    covered: BoolArray

    @classmethod
    def of(cls, structure: Microstructure, xi: FloatArray) -> "Contact":
        """The contact in a structure at the order parameter ``xi``, shape ``grid.nodes``.

        >>> import numpy as np
        >>> from selflimit.mesoscale import Grid
        >>> layer = Microstructure.layered(Grid((32, 64), 1e-6), coarse_fraction=0.0)
        >>> Contact.of(layer, np.ones(layer.grid.nodes)).coverage
        1.0

        Raises
        ------
        InputError
            If the structure has no electrolyte beside the layer.
        """
        surface = Surface.of(structure.electrolyte)
        if not surface.area.size:
            raise InputError(
                f"expected a microstructure with an electrolyte beside the particles, got '{structure.name}'; use "
                "Microstructure.layered or .interface"
            )
        coarse, lithium = (cells.ravel()[surface.outside] for cells in (structure.coarse, structure.grid.to_cells(xi)))
        return cls(surface, coarse >= 0.5, lithium > 0.5)

    @property
    def coverage(self) -> float:
        """Covered share of the electrolyte's surface."""
        return self._share(self.covered)

    @property
    def coverage_fine(self) -> float | None:
        """Covered share of the surface that lies on fine particles; None: all of it lies on coarse ones."""
        return None if self.coarse.all() else self._share(self.covered, ~self.coarse)

    @property
    def coverage_coarse(self) -> float | None:
        """Covered share of the surface that lies on coarse particles; None: there is none."""
        return self._share(self.covered, self.coarse) if self.coarse.any() else None

    @property
    def coarse_share(self) -> float:
        """Share of the surface that lies on coarse particles."""
        return self._share(self.coarse)

    def mean_over_covered(self, field: FloatArray) -> float:
        """Mean of a field (shape ``grid.shape``) over the lithium at the covered surface, in its unit."""
        return _mean(field, self.surface.on_outer_cells(self.covered))

    def mean_over_all(self, field: FloatArray) -> float:
        """Mean of a field (shape ``grid.shape``) over the cells at all of the surface, covered or not, in its unit."""
        return _mean(field, self.surface.on_outer_cells())

    def mean_at_fine(self, field: FloatArray) -> float:
        """Mean of a field (shape ``grid.shape``) at the faces on fine particles, covered or not, in its unit.

        A face lies between two cells, and has the mean of both.
        """
        outer, inner = self.surface.on_outer_cells(~self.coarse), self.surface.on_inner_cells(~self.coarse)
        return 0.5 * (_mean(field, outer) + _mean(field, inner))

    def mean_behind_coarse(self, field: FloatArray) -> float:
        """Mean of a field (shape ``grid.shape``) over the electrolyte that lies on coarse particles, in its unit."""
        return _mean(field, self.surface.on_inner_cells(self.coarse))

    def _share(self, part: BoolArray, among: BoolArray | float = 1.0) -> float:
        """Share of the surface (or of a part of it) by its area, not by its faces."""
        area = self.surface.area * among
        return float((part * area).sum() / area.sum())

    def reaction_zone(self, structure: Microstructure, depth: float) -> FloatArray:
        """Electrolyte within ``depth`` (m) of the covered surface, as volume fraction per cell, shape ``grid.shape``.

        Raises
        ------
        InputError
            If nothing is covered, or the depth is less than two cells.
        """
        grid = structure.grid
        check_quantity("depth of the reaction zone", depth, LENGTH)
        if not depth >= 2.0 * grid.spacing:
            raise InputError(f"expected a zone of at least two cells, got depth {depth} m at dx = {grid.spacing} m")
        touching = self.surface.on_outer_cells(self.covered) > 0.0
        if not touching.any():
            raise InputError("expected lithium at the electrolyte, found none; grow for longer")
        # from every covered cell, so that a zone is as deep beside a wall as below a face
        distance = grid.spacing * distance_transform_edt(~touching)
        # distances run from the centre of the cell below the surface: half a cell more than the depth
        return np.asarray((distance <= depth + 0.5 * grid.spacing) * structure.electrolyte)

    def phases(self, structure: Microstructure, xi: FloatArray, depth: float) -> InterfacePhases:
        """Return the phases for the static stress: lithium, with a reaction zone below the covered surface.

        Lithium at a coarse particle expands with K_coarse, elsewhere with K_fine, as in the growth.

        Parameters
        ----------
        structure
            Where particles and electrolyte are.
        xi
            Lithium, 0 to 1, at the nodes.
        depth
            Thickness of the zone (m).
        """
        lithium = structure.grid.to_cells(switch(xi)) * (1.0 - structure.electrolyte)
        zone = self.reaction_zone(structure, depth)
        unreacted = structure.electrolyte - zone
        return InterfacePhases(
            lithium, lithium * structure.at_coarse, (1.0 - lithium) * structure.coarse, unreacted, zone
        )


def detached_share(xi: FloatArray) -> float:
    """Share of the lithium (nodes with xi above one half) that is not connected to the electrode, the first layer.

    Metal gets its electrons through metal, so such lithium is an artefact: with a large correction factor the foot of
    the diffuse front, which is under little stress, outruns its core.
    """
    lithium = xi > 0.5
    # over faces only: metal that touches at a corner carries no current
    pieces, _ = label(lithium)
    attached = np.isin(pieces, np.unique(pieces[..., 0][lithium[..., 0]]))
    return float((lithium & ~attached).sum() / max(lithium.sum(), 1))


def _mean(field: FloatArray, weight: FloatArray) -> float:
    return float((weight * field).sum() / weight.sum())
