"""Force fields by name: what is loaded, what its level says, and what happens when something is missing."""

import hashlib
import os
import pickle
import socket
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from selflimit.errors import InputError, MissingDependencyError
from selflimit.structures import FORCE_FIELDS, ForceField, load_force_field
from selflimit.structures.relaxation import mace_files as mace_models

PUBLIC_MACE = "SELFLIMIT_MACE_MODEL"


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


@pytest.mark.parametrize("name", ["CHGNet-r2scan", "CHGNet-0.3.0"])
def test_one_backward_pass_gives_what_chgnets_own_calculator_gives(name):
    pytest.importorskip("chgnet", reason="install it with pip install 'selflimit[forcefields]'")
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    atoms = bulk("LiCl", "rocksalt", a=5.2) * (1, 1, 2)
    atoms.rattle(0.1, seed=1)
    atoms.set_cell(atoms.cell.array @ [[1.02, 0.03, 0], [0, 0.99, 0.01], [0, 0, 1]], scale_atoms=True)
    other = atoms.copy()
    atoms.calc = load_force_field(name).calculator
    other.calc = CHGNetCalculator(CHGNet.load(model_name=name.removeprefix("CHGNet-"), use_device="cpu", verbose=False))
    # the same network in single precision, summed in another order
    assert atoms.get_potential_energy() == pytest.approx(other.get_potential_energy(), abs=1e-4)
    assert np.abs(atoms.get_forces() - other.get_forces()).max() < 1e-4
    assert np.abs(atoms.get_stress() - other.get_stress()).max() < 1e-5


def test_chgnet_covers_the_elements_up_to_plutonium():
    pytest.importorskip("chgnet", reason="install it with pip install 'selflimit[forcefields]'")
    force_field = load_force_field("CHGNet-r2scan")
    force_field.require(["Li", "Zr", "Cl", "Pu"], "known")
    with pytest.raises(InputError, match=r"heavy: CHGNet-r2scan does not cover Am, Cm \(it covers 94 elements\)"):
        force_field.require(["Li", "Cm", "Am"], "heavy")


def test_sevennet_that_is_not_installed_says_how_to_get_it(monkeypatch):
    pytest.importorskip("torch", reason="install it with pip install 'selflimit[forcefields]'")
    monkeypatch.setitem(__import__("sys").modules, "sevenn", None)
    with pytest.raises(MissingDependencyError, match=r"sevenn cannot be imported .*pip install sevenn==0\.13\.0"):
        load_force_field("SevenNet-0")


@pytest.mark.parametrize("name", ["SevenNet-0", "SevenNet-l3i5", "SevenNet-MF-0-r2SCAN"])
def test_sevennet_where_it_is_installed(name):
    sevenn = pytest.importorskip("sevenn", reason="SevenNet needs an environment of its own: docs/force-fields.md")
    force_field = load_force_field(name)
    hashes = {hashlib.sha256(w.read_bytes()).hexdigest() for w in Path(sevenn.__file__).parent.glob("**/*.pth")}
    assert force_field.level.weights_sha256 in hashes
    assert {"Li", "Zr", "Cl"} <= force_field.elements
    assert force_error(force_field, 0.01) < 5e-3  # as for CHGNet


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError) as refusal:
        load_force_field("MACE")
    assert all(name in str(refusal.value) for name in FORCE_FIELDS)


def test_missing_model_file():
    with pytest.raises(InputError, match=r"none at /nowhere/model\.pt; check the path"):
        load_force_field("MACE:/nowhere/model.pt")


class Server:
    """A local server of one behaviour: answers with ``reply``, or with nothing if that is None."""

    def __init__(self, reply: bytes | None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.reply, self.open = reply, []
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/some-model.model"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed
                return
            self.open.append(connection)
            if self.reply is not None:
                connection.recv(65536)
                connection.sendall(self.reply)
                connection.close()


def answer(body: bytes, length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """Pin the public name to what a server replies; an empty cache. Called with the reply and the pinned content."""
    servers = []

    def pin(reply: bytes | None, content: bytes) -> mace_models.PublicModel:
        servers.append(Server(reply))
        model = mace_models.PublicModel(servers[-1].url, hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(mace_models.PUBLIC_MODELS, "MACE-MP-0-small", model)
        return model

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(mace_models, "NETWORK_TIMEOUT", 0.3)
    yield pin
    for server in servers:
        server.socket.close()


def files_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_public_model_is_downloaded_once_and_checked(pinned, tmp_path):
    model = pinned(answer(b"weights", 7), b"weights")
    path = mace_models.fetch_public_model("MACE-MP-0-small")
    assert path == tmp_path / "cache" / "mace" / "somemodelmodel"
    assert path.read_bytes() == b"weights"
    mace_models.PUBLIC_MODELS["MACE-MP-0-small"] = replace(model, url="http://127.0.0.1:1/some-model.model")
    assert mace_models.fetch_public_model("MACE-MP-0-small") == path  # no server any more: from the cache


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (None, "timed out"),
        (answer(b"wei", 7), "the download ended after 3 of 7 bytes"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP Error 404"),
    ],
    ids=["silent", "truncated", "another protocol", "not found"],
)
def test_a_download_that_fails_says_where_to_put_the_file(pinned, tmp_path, reply, message):
    model = pinned(reply, b"weights")
    with pytest.raises(MissingDependencyError) as failure:
        load_force_field("MACE-MP-0-small")
    for part in ("MACE-MP-0-small", message, model.url, str(model.cached), "XDG_CACHE_HOME", "MACE:<path>"):
        assert part in str(failure.value)
    assert files_below(tmp_path) == []


def test_a_refused_connection_is_such_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    model = mace_models.PublicModel(f"http://127.0.0.1:{port}/some-model.model", "0" * 64)
    monkeypatch.setitem(mace_models.PUBLIC_MODELS, "MACE-MP-0-small", model)
    with pytest.raises(MissingDependencyError, match="Connection refused"):
        load_force_field("MACE-MP-0-small")


def test_a_dripping_server_is_given_up(pinned, monkeypatch):
    monkeypatch.setattr(mace_models, "DOWNLOAD_TIMEOUT", -1.0)  # any block comes too late
    pinned(answer(b"weights", 7), b"weights")
    with pytest.raises(MissingDependencyError, match="not finished after"):
        load_force_field("MACE-MP-0-small")


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_another_file_under_a_public_name_is_never_loaded(pinned, tmp_path):
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    model = pinned(answer(trap, len(trap)), b"weights")
    with pytest.raises(InputError, match=r"is not MACE-MP-0-small: its SHA-256 .* Nothing of it was loaded"):
        load_force_field("MACE-MP-0-small")
    assert files_below(tmp_path) == []
    model.cached.write_bytes(trap)
    with pytest.raises(InputError, match=r"remove .*somemodelmodel"):
        load_force_field("MACE-MP-0-small")
    assert files_below(tmp_path) == ["somemodelmodel"]


def test_a_bare_pickle_given_by_path_is_never_loaded(tmp_path):
    path = tmp_path / "trap.model"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(InputError, match=r"trap\.model is not a MACE model .*get it again"):
        load_force_field(f"MACE:{path}")
    assert files_below(tmp_path) == ["trap.model"]


def test_the_public_names_are_mace_torchs_own_addresses():
    foundations = pytest.importorskip(
        "mace.calculators.foundations_models", reason="install it with pip install 'selflimit[mace]'"
    )
    own = {"MACE-MP-0-small": "small", "MACE-MPA-0": "medium-mpa-0"}
    for name, model in mace_models.PUBLIC_MODELS.items():
        assert model.url == foundations.mace_mp_urls[own[name]]
        assert model.cached.parent == Path(foundations.get_cache_dir())


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
    assert force_field.elements == {"Li", "Cl"}


@pytest.mark.parametrize("content", ["parameters", "truncated"])
def test_what_is_no_whole_model_is_said_so(small_mace, tmp_path, content):
    import torch

    path = tmp_path / "checkpoint.model"
    if content == "parameters":
        torch.save({"weight": torch.zeros(3)}, path)
    else:
        path.write_bytes(small_mace.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"checkpoint\.model is (no MACE model that|not a MACE model)"):
        load_force_field(f"MACE:{path}")


@pytest.mark.skipif(PUBLIC_MACE not in os.environ, reason=f"set {PUBLIC_MACE} to the path of MACE-MP-0 small")
def test_public_mace_knows_rock_salt():
    atoms = bulk("LiCl", "rocksalt", a=5.13)
    atoms.calc = load_force_field(f"MACE:{os.environ[PUBLIC_MACE]}").calculator
    # PBE energy without corrections, Materials Project mp-22905: -3.6882 eV/atom; 0.05 eV for model and fixed cell
    assert atoms.get_potential_energy() / 2 == pytest.approx(-3.6882, abs=0.05)


def test_chgnet_works_after_torch_was_set_to_double_precision():
    # loading a MACE model does that, for the whole process
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    crystal = bulk("LiCl", "rocksalt", a=5.14)
    try:
        torch.set_default_dtype(torch.float32)
        crystal.calc = load_force_field("CHGNet-r2scan").calculator
        single = crystal.get_potential_energy()
        torch.set_default_dtype(torch.float64)
        crystal.calc = load_force_field("CHGNet-r2scan").calculator
        # the same weights and graph; single precision rounds at 1e-6 of some eV
        assert crystal.get_potential_energy() == pytest.approx(single, abs=1e-4)
        assert crystal.get_stress().shape == (6,)
    finally:
        torch.set_default_dtype(before)
