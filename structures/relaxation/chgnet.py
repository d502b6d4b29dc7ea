"""CHGNet as an ASE calculator that differentiates once.

chgnet's own calculator takes forces and stress in two backward passes that are themselves differentiable, as training
needs, and predicts magnetic moments. One plain backward pass gives the same forces and stresses in 0.055 instead of
0.126 CPU s for 36 atoms. Several crystals in one pass gain nothing on a CPU (0.045 s alone, 0.049 to 0.058 s each in
batches of 2 to 8), so there is no batched evaluation.
"""

from typing import Any

import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress
from chgnet.model.model import BatchedGraph, CHGNet
from pymatgen.io.ase import AseAtomsAdaptor


class CHGNetOnePass(Calculator):  # type: ignore[misc]  # ASE has no types
    """Energy (eV), forces (eV/Angstrom) and stress (eV/Angstrom^3) of CHGNet, in single precision.

    Parameters
    ----------
    network
        The model; its parameters are frozen.
    """

    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def __init__(self, network: CHGNet) -> None:
        super().__init__()
        # whoever loaded a MACE model before has made torch's default double precision; the graphs are single
        self.network = network.eval().float().requires_grad_(False)
        self.network.graph_converter.set_isolated_atom_response("ignore")

    def calculate(
        self, atoms: Atoms | None = None, properties: Any = ("energy",), system_changes: Any = all_changes
    ) -> None:
        """Fill ``results`` for ``atoms``: energies (eV), forces (eV/Angstrom, (N, 3)), stress (eV/Angstrom^3, Voigt).

        Parameters
        ----------
        atoms
            The crystal (Angstrom).
        properties, system_changes
            As ASE passes them; everything is computed at each call.
        """
        super().calculate(atoms, properties, system_changes)
        network = self.network
        graph = network.graph_converter(AseAtomsAdaptor.get_structure(self.atoms))
        batch = BatchedGraph.from_graphs(
            [graph], network.bond_basis_expansion, network.angle_basis_expansion, compute_stress=True
        )
        per_atom = network._compute(batch)["e"].sum()  # the public forward() differentiates twice
        in_positions, in_strain = torch.autograd.grad(per_atom, [batch.atom_positions[0], batch.strains[0]])
        n = len(self.atoms)
        energy = n * float(per_atom + network.composition_model([graph]).sum())
        virial = n * in_strain.double().numpy()
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": -n * in_positions.double().numpy(),
            "stress": full_3x3_to_voigt_6_stress(virial / self.atoms.get_volume()),
        }
