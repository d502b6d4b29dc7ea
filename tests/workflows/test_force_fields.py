"""Force fields by name: what is loaded, what its level says, and what happens when something is missing."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from selflimit.errors import InputError, MissingDependencyError
from selflimit.workflows.force_fields import FORCE_FIELDS, ForceField, load_force_field

PUBLIC_MACE = "SELFLIMIT_TEST_MACE_MODEL"


def force_error(force_field: ForceField, step: float) -> float:
    """Largest difference (eV/Angstrom) between a force and the central difference of the energy."""
    atoms = bulk("LiCl", "rocksalt", a=5.2)
    atoms.positions[1] += [0.1, 0.05, 0.0]
    atoms.calc = force_field.calculator
    forces, differences = atoms.get_forces()[1], []
    for axis in range(3):
        energies = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.calc = force_field.calculator
            moved.positions[1, axis] += sign * step
            energies.append(moved.get_potential_energy())
        differences.append(-(energies[0] - energies[1]) / (2 * step))
    return float(np.abs(forces - differences).max())


@pytest.mark.parametrize(("name", "corrections"), [("CHGNet-r2scan", "none"), ("CHGNet-0.3.0", "MP2020")])
def test_chgnet_is_loaded_quietly_with_the_hash_of_its_weights(name, corrections, capfd):
    chgnet = pytest.importorskip("chgnet", reason="install it with pip install 'selflimit[forcefields]'")
    force_field = load_force_field(name)
    assert capfd.readouterr().out == ""
    (weights,) = (Path(chgnet.__file__).parent / "pretrained" / name.removeprefix("CHGNet-")).glob("*.tar")
    assert force_field.level.weights_sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert force_field.level.corrections == corrections
    assert force_field.level.model == name.replace("-", " ", 1)
    # single precision: energies to about 1e-6 eV over a step of 0.01 A leave 1e-4, the curvature of the forces 1e-3;
    # swapped units or signs are errors of the size of the forces, 0.1 eV/A and more
    assert force_error(force_field, 0.01) < 5e-3


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError) as refusal:
        load_force_field("MACE")
    assert all(name in str(refusal.value) for name in FORCE_FIELDS)


def test_missing_model_file():
    with pytest.raises(InputError, match=r"none at /nowhere/model\.pt; check the path"):
        load_force_field("MACE:/nowhere/model.pt")


def test_public_mace_without_cache_and_network(tmp_path, monkeypatch):
    pytest.importorskip("mace", reason="install it with pip install 'selflimit[mace]'")

    def unreachable(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(MissingDependencyError, match=r"weights of MACE-MP-0-small .*no route to host.*MACE:"):
        load_force_field("MACE-MP-0-small")


def test_missing_package_says_how_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "chgnet", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'selflimit\[forcefields\]'"):
        load_force_field("CHGNet-r2scan")


@pytest.fixture(scope="module")
def small_mace(tmp_path_factory) -> Path:
    """A MACE of random weights: it exercises the loading, its energies mean nothing."""
    pytest.importorskip("mace", reason="install it with pip install 'selflimit[mace]'")
    import torch
    from e3nn import o3
    from mace.modules import ScaleShiftMACE, gate_dict, interaction_classes

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    block = interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = ScaleShiftMACE(
        atomic_inter_scale=1.0, atomic_inter_shift=0.0, r_max=4.0, num_bessel=4, num_polynomial_cutoff=5, max_ell=1,
        interaction_cls=block, interaction_cls_first=block, num_interactions=2, num_elements=2,
        hidden_irreps=o3.Irreps("4x0e"), MLP_irreps=o3.Irreps("4x0e"), atomic_energies=np.array([-1.0, -2.0]),
        avg_num_neighbors=8.0, atomic_numbers=[3, 17], correlation=2, gate=gate_dict["silu"],
    )  # fmt: skip
    path = tmp_path_factory.mktemp("mace") / "random.model"
    torch.save(model, path)
    return path


def test_mace_from_a_file(small_mace):
    force_field = load_force_field(f"MACE:{small_mace}")
    assert force_field.level.model == "MACE random"
    assert force_field.level.weights_sha256 == hashlib.sha256(small_mace.read_bytes()).hexdigest()
    assert force_error(force_field, 1e-4) < 1e-6  # double precision: second-order error of the step


@pytest.mark.skipif(PUBLIC_MACE not in os.environ, reason=f"set {PUBLIC_MACE} to the path of MACE-MP-0 small")
def test_public_mace_knows_rock_salt():
    atoms = bulk("LiCl", "rocksalt", a=5.13)
    atoms.calc = load_force_field(f"MACE:{os.environ[PUBLIC_MACE]}").calculator
    # PBE energy without corrections, Materials Project mp-22905: -3.6882 eV/atom; 0.05 eV for model and fixed cell
    assert atoms.get_potential_energy() / 2 == pytest.approx(-3.6882, abs=0.05)
