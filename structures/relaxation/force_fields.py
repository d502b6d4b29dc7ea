"""Force fields by name behind one interface: an ASE calculator and the level of theory of its energies.

Only the force field that is asked for is imported (torch included). Everything runs on one CPU thread per process:
several processes use the cores better than several threads at the sizes that are relaxed here.
"""

import contextlib
import importlib
import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ase.data import chemical_symbols
from threadpoolctl import threadpool_limits

from selflimit.documents import LevelOfTheory
from selflimit.errors import InputError, MissingDependencyError
from selflimit.files import sha256
from selflimit.structures.relaxation.mace_files import PUBLIC_MODELS, fetch_public_model, model_file
from selflimit.suggestions import did_you_mean

FORCE_FIELDS = (
    "CHGNet-r2scan",
    "CHGNet-0.3.0",
    "SevenNet-0",
    "SevenNet-l3i5",
    "SevenNet-MF-0-r2SCAN",
    "MACE-MP-0-small",
    "MACE-MPA-0",
    "MACE:<path to a model file>",
)
"""Names that :func:`load_force_field` knows; the last stands for any MACE model file."""

DEFAULT_FORCE_FIELD = "CHGNet-r2scan"
"""Its weights come with the chgnet package, so it needs no network."""

FORCE_FIELD_EXTRA = "pip install 'selflimit[forcefields]'"
MACE_EXTRA = "pip install 'selflimit[mace]'"

CHGNET_WEIGHTS = {
    "CHGNet-r2scan": ("r2scan", "r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar"),
    "CHGNet-0.3.0": ("0.3.0", "0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar"),
}
"""Model name and weights file inside the chgnet package (chgnet 0.4.2, doi:10.1038/s42256-023-00716-3)."""

SEVENNET_WEIGHTS = {
    "SevenNet-0": ("7net-0", None, "SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth"),
    "SevenNet-l3i5": ("7net-l3i5", None, "SevenNet_l3i5/checkpoint_l3i5.pth"),
    "SevenNet-MF-0-r2SCAN": ("7net-mf-0", "R2SCAN", "SevenNet_MF_0/checkpoint_sevennet_mf_0.pth"),
}
"""What sevenn calls a model, its fidelity where it has several, and the weights file inside the package (sevenn 0.13,
doi:10.1021/acs.jctc.4c00190; multi-fidelity: doi:10.1021/jacs.4c14455)."""

SEVENNET_INSTALL = "pip install sevenn==0.13.0  (in an environment without mace-torch, which pins an older e3nn)"
"""How to get SevenNet beside this package."""


@dataclass(frozen=True)
class ForceField:
    """A force field ready to use.

    Attributes
    ----------
    name
        The name it was loaded by.
    calculator
        ASE calculator with energy (eV), forces (eV/Angstrom) and stress (eV/Angstrom^3).
    level
        Level of theory, with the SHA-256 of the weights.
    elements
        Symbols of the elements that it covers.
    """

    name: str
    calculator: Any
    level: LevelOfTheory
    elements: frozenset[str]

    def require(self, elements: Iterable[str], label: str) -> None:
        """Refuse a crystal of elements that the force field does not cover.

        Parameters
        ----------
        elements
            Symbols of the crystal's elements.
        label
            What the crystal is, for the message.

        Raises
        ------
        InputError
            Elements outside ``self.elements``; the message names them.
        """
        missing = sorted(set(elements) - self.elements)
        if missing:
            raise InputError(
                f"{label}: {self.name} does not cover {', '.join(missing)} (it covers {len(self.elements)} elements); "
                "choose a force field that does"
            )


def load_force_field(name: str = DEFAULT_FORCE_FIELD) -> ForceField:
    """Load a force field on the CPU with one torch thread.

    Parameters
    ----------
    name
        One of :data:`FORCE_FIELDS`, where the last stands for 'MACE:' and the path of a MACE model file, which is
        code: give only files whose origin you trust. Public MACE models come from mace-torch's own cache, or are
        downloaded into it, and their SHA-256 is checked before they are loaded; the weights of CHGNet and SevenNet
        come with their packages.

    Raises
    ------
    InputError
        Unknown name, a path without a MACE model, or a public model's file that is another one.
    MissingDependencyError
        The package of the force field is not installed, or its public weights are neither cached nor reachable.
    """
    if name in CHGNET_WEIGHTS:
        return _chgnet(name)
    if name in SEVENNET_WEIGHTS:
        return _sevennet(name)
    if name in PUBLIC_MODELS:
        return _mace(name, name, fetch_public_model(name))
    if name.startswith("MACE:"):
        path = model_file(Path(name.removeprefix("MACE:")).expanduser())
        return _mace(name, f"MACE {path.stem}", path)
    raise InputError(
        f"expected a force field ({', '.join(FORCE_FIELDS)}), got {name!r}{did_you_mean(name, FORCE_FIELDS)}"
    )


@lru_cache(maxsize=1)
def recall_force_field(name: str) -> ForceField:
    """:func:`load_force_field`, remembered: one load per process however many crystals it relaxes."""
    return load_force_field(name)


def _chgnet(name: str) -> ForceField:
    model_name, file_name = CHGNET_WEIGHTS[name]
    # its graph code trips a torch warning on every call, long after loading
    warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad", category=UserWarning)
    with _quiet():
        _one_thread()
        package, model = _need("chgnet", FORCE_FIELD_EXTRA), _need("chgnet.model.model", FORCE_FIELD_EXTRA)
        from selflimit.structures.relaxation.chgnet import CHGNetOnePass  # imports torch and chgnet, both optional

        network = model.CHGNet.load(model_name=model_name, use_device="cpu", verbose=False)
        calculator = CHGNetOnePass(network)
    weights = Path(str(package.__file__)).parent / "pretrained" / file_name
    # the 0.3.0 weights were trained on energies with the MP2020 corrections (doi:10.1038/s42256-023-00716-3, Methods)
    corrections: Literal["none", "MP2020"] = "MP2020" if model_name == "0.3.0" else "none"
    covered = range(1, network.atom_embedding.embedding.num_embeddings + 1)
    return ForceField(name, calculator, _level(name.replace("-", " ", 1), weights, corrections), _symbols(covered))


def _sevennet(name: str) -> ForceField:
    model, fidelity, file_name = SEVENNET_WEIGHTS[name]
    with _quiet():
        _one_thread()
        package, module = _need("sevenn", SEVENNET_INSTALL), _need("sevenn.calculator", SEVENNET_INSTALL)
        calculator = module.SevenNetCalculator(model, device="cpu", modal=fidelity)
    weights = Path(str(package.__file__)).parent / "pretrained_potentials" / file_name
    return ForceField(name, calculator, _level(name, weights, "none"), _symbols(calculator.type_map))


def _mace(name: str, model: str, path: Path) -> ForceField:
    with _quiet():
        _one_thread()
        package = _need("mace.calculators", MACE_EXTRA)
        try:
            calculator = package.MACECalculator(model_paths=str(path), device="cpu", default_dtype="float64")
        except Exception as cause:  # whatever unpickling and mace make of the content
            raise InputError(
                f"{path} is no MACE model that the installed mace-torch can use ({type(cause).__name__}: {cause}); "
                "give a whole model, not a checkpoint of its parameters"
            ) from cause
    covered = [int(number) for number in calculator.models[0].atomic_numbers]
    return ForceField(name, calculator, _level(model, path, "none"), _symbols(covered))


def _level(model: str, weights: Path, corrections: Literal["none", "MP2020"]) -> LevelOfTheory:
    return LevelOfTheory(method="force field", model=model, weights_sha256=sha256(weights), corrections=corrections)


def _symbols(atomic_numbers: Iterable[int]) -> frozenset[str]:
    return frozenset(chemical_symbols[number] for number in atomic_numbers)


def _need(module: str, command: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as cause:
        raise MissingDependencyError(
            f"{module.split('.')[0]} cannot be imported ({cause}); install it with: {command}"
        ) from cause


def _one_thread() -> None:
    """One thread for torch and for the linear algebra below it: two processes with two threads each fight for cores."""
    _need("torch", FORCE_FIELD_EXTRA).set_num_threads(1)
    threadpool_limits(limits=1)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Swallow what the packages print and warn about while they load."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
