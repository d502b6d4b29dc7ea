"""Where lithium touches the less stable electrolyte, and the zone that has reacted behind the contact."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from selflimit.arrays import FloatArray
from selflimit.errors import InputError
from selflimit.mesoscale.growth.electrochemistry import switch
from selflimit.mesoscale.layers.microstructure import Microstructure
from selflimit.mesoscale.mechanics.static_stress import InterfacePhases
from selflimit.plausible import LENGTH, check_quantity


@dataclass(frozen=True)
class Contact:
    """Lithium at the electrolyte's surface, face by face; each face lies between a cell and the electrolyte above it.

    Attributes
    ----------
    faces
        Share of each cell's upper face that is the electrolyte's surface, shape ``grid.shape``.
    coarse
        Share of coarse particles in the cell below the face, shape ``grid.shape``.
    covered
        Whether the cell below the face is lithium (xi above one half), shape ``grid.shape``.
    """

    faces: FloatArray
    coarse: FloatArray
    covered: FloatArray

    @classmethod
    def of(cls, structure: Microstructure, xi: FloatArray) -> "Contact":
        """The contact in a structure at the order parameter ``xi``, shape ``grid.nodes``.

        Raises
        ------
        InputError
            If the structure has no electrolyte above the layer.
        """
        electrolyte = structure.electrolyte
        step = np.clip(np.diff(electrolyte, axis=-1), 0.0, None)
        faces = np.concatenate([step, np.zeros((*electrolyte.shape[:-1], 1))], axis=-1)
        if not faces.any():
            raise InputError(
                f"expected a microstructure with an electrolyte above the particles, got '{structure.name}'; use "
                "Microstructure.layered or .interface"
            )
        lithium = (structure.grid.to_cells(xi) > 0.5).astype(float)
        return cls(faces, structure.coarse, lithium)

    @property
    def coverage(self) -> float:
        """Covered share of the electrolyte's surface."""
        return _share(self.covered, self.faces)

    @property
    def coverage_fine(self) -> float | None:
        """Covered share of the surface that lies on fine particles; None: all of it lies on coarse ones."""
        return _share_or_none(self.covered, self.faces * (self.coarse < 0.5))

    @property
    def coverage_coarse(self) -> float | None:
        """Covered share of the surface that lies on coarse particles; None: there is none."""
        return _share_or_none(self.covered, self.faces * (self.coarse >= 0.5))

    @property
    def coarse_share(self) -> float:
        """Share of the surface that lies on coarse particles."""
        return _share((self.coarse >= 0.5).astype(float), self.faces)

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
        touching = (self.faces * self.covered) > 0.0
        if not touching.any():
            raise InputError("expected lithium at the electrolyte, found none; grow for longer")
        distance = grid.spacing * distance_transform_edt(~touching)
        # distances run from the centre of the cell below the surface: half a cell more than the depth
        return np.asarray((distance <= depth + 0.5 * grid.spacing) * structure.electrolyte)

    def phases(self, structure: Microstructure, xi: FloatArray, depth: float) -> InterfacePhases:
        """Phases for the static stress: the lithium of ``xi``, with a reaction zone below the covered surface.

        Lithium in a coarse particle expands with K_coarse, elsewhere with K_fine, as in the growth.
        """
        lithium = structure.grid.to_cells(switch(xi)) * (1.0 - structure.electrolyte)
        zone = self.reaction_zone(structure, depth)
        unreacted = structure.electrolyte - zone
        return InterfacePhases(lithium, lithium * structure.coarse, (1.0 - lithium) * structure.coarse, unreacted, zone)

    def mean_below(self, field: FloatArray) -> float:
        """Mean of a field over the covered cells at the surface, in its unit; ``field`` of shape ``grid.shape``."""
        return float((self.faces * self.covered * field).sum() / (self.faces * self.covered).sum())


def detached_share(xi: FloatArray) -> float:
    """Share of the lithium (nodes with xi above one half) that is not connected to the electrode, the first layer.

    Metal gets its electrons through metal, so such lithium is an artefact: with a large correction factor the foot of
    the diffuse front, which is under little stress, outruns its core.
    """
    lithium = xi > 0.5
    pieces, _ = label(lithium)
    attached = np.isin(pieces, np.unique(pieces[..., 0][lithium[..., 0]]))
    return float((lithium & ~attached).sum() / max(lithium.sum(), 1))


def _share(part: FloatArray, faces: FloatArray) -> float:
    return float((part * faces).sum() / faces.sum())


def _share_or_none(part: FloatArray, faces: FloatArray) -> float | None:
    return _share(part, faces) if faces.any() else None
