"""Small VASP folders and entry files for tests, in their formats. SYNTHETIC: energies are made up, bands are flat.

Crystals are rock salt and bcc with energies that give sensible formation energies, so that only what a test changes is
wrong.
"""

import gzip
import json
import warnings
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from monty.json import jsanitize
from vasp_like import FOOTER, HEADER, IONIC, Crystal, Step, write_poscar
from vasp_like_xml import write_vasprun

CRYSTALS = {
    "Li": (3.44, ["Li", "Li"], [[0, 0, 0], [0.5, 0.5, 0.5]], -1.90),
    "Cl2": (5.4, ["Cl", "Cl"], [[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]], -1.79),
    "LiCl": (
        5.14, ["Li"] * 4 + ["Cl"] * 4,
        [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0],
         [0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
        -3.80,
    ),
    "Fe": (2.83, ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]], -8.2),
    "FeO": (4.3, ["Fe", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]], -8.0),
    "O2": (4.5, ["O", "O"], [[0.0, 0.0, 0.0], [0.27, 0, 0]], -4.9),
}  # fmt: skip
"""Edge of the cubic cell (Angstrom), symbols, fractional positions, energy (eV/atom)."""
TITLES = {
    "Li": "PAW_PBE Li_sv 10Sep2004", "Cl": "PAW_PBE Cl 06Sep2000", "Fe": "PAW_PBE Fe_pv 02Aug2007",
    "O": "PAW_PBE O 08Apr2002",
}  # fmt: skip
COMMON = {
    "ENCUT": "520",
    "EDIFF": "1e-05",
    "ISPIN": "2",
    "NSW": "0",
    "IBRION": "-1",
    "ISIF": "3",
    "LORBIT": "0",
    "ISYM": "2",
}
FUNCTIONALS = {
    "GGA": {"GGA": "PE"},
    "GGA by potentials": {},
    "GGA+U": {"GGA": "PE", "LDAU": "True", "LDAUTYPE": "2"},
    "r2SCAN": {"METAGGA": "R2SCAN", "LASPH": "True"},
    "SCAN": {"METAGGA": "SCAN", "LASPH": "True"},
    "PBEsol": {"GGA": "PS"},
    "HSE06": {"GGA": "PE", "LHFCALC": "True", "HFSCREEN": "0.2", "AEXX": "0.25", "AGGAX": "0.75", "AGGAC": "1.0",
              "ALDAC": "1.0"},
    "D3": {"GGA": "PE", "IVDW": "11"},
    "D3(BJ)": {"GGA": "PE", "IVDW": "12"},
    "r2SCAN+D4": {"METAGGA": "R2SCAN", "IVDW": "13"},
    "LDA": {"GGA": "CA"},
    "optB88": {"GGA": "BO", "PARAM1": "0.1833333333", "PARAM2": "0.22", "LUSE_VDW": "True", "AGGAC": "0.0"},
}  # fmt: skip
"""What decides the functional in the INCAR."""


@dataclass
class MadeRun:
    """What one folder of VASP is to say.

    Attributes
    ----------
    formula
        One of ``CRYSTALS``.
    incar
        Settings over ``COMMON``.
    force, stress
        What is left at the end (eV/Angstrom; GPa).
    mesh
        k-points.
    titles
        Titles of potentials that are not the usual ones, by element.
    shift
        Of the energy (eV/atom).
    electronic_steps, ionic_steps
        How many were made.
    """

    formula: str
    incar: dict[str, str] = field(default_factory=dict)
    force: float = 0.0
    stress: float = 0.05
    mesh: tuple[int, int, int] = (6, 6, 6)
    titles: dict[str, str] = field(default_factory=dict)
    shift: float = 0.0
    electronic_steps: int = 2
    ionic_steps: int = 1
    u_values: dict[str, float] = field(default_factory=dict)


def crystal_of(formula: str) -> Crystal:
    edge, symbols, positions, _ = CRYSTALS[formula]
    return Crystal(edge * np.eye(3), symbols, np.array(positions, dtype=float) * edge)


def write_run(folder: Path, made: MadeRun, name: str = "vasprun.xml", with_inputs: bool = True) -> Path:
    """Write a folder of VASP; returns its vasprun.xml."""
    folder.mkdir(parents=True, exist_ok=True)
    crystal = crystal_of(made.formula)
    count = len(crystal.symbols)
    kinds = list(dict.fromkeys(crystal.symbols))
    incar = COMMON | made.incar
    if "LDAU" in incar:
        u = [str(made.u_values.get(kind, 0.0)) for kind in kinds]
        incar |= {"LDAUU": " ".join(u), "LDAUJ": " ".join(["0.0"] * len(kinds)), "LDAUL": " ".join(["2"] * len(kinds))}
    titles = [(TITLES | made.titles)[kind] for kind in kinds]
    energy = (CRYSTALS[made.formula][3] + made.shift) * count
    forces = np.zeros((count, 3))
    forces[0, 0] = made.force
    stress = -np.eye(3) * made.stress / 160.21766
    steps = [Step(crystal, energy, forces, stress)] * made.ionic_steps
    with chdir(folder):
        write_vasprun(steps, incar, list(made.mesh), titles)
        text = Path("vasprun.xml").read_text()
        extra = text[text.index("<scstep>") : text.index("</scstep>") + len("</scstep>")]
        text = text.replace(extra, extra * (made.electronic_steps - 1), 1) if made.electronic_steps > 2 else text
        Path("vasprun.xml").unlink()
        if name.endswith(".gz"):
            Path(name).write_bytes(gzip.compress(text.encode("latin-1")))
        else:
            Path(name).write_text(text, encoding="latin-1")
        if with_inputs:
            Path("INCAR").write_text("\n".join(f"{key} = {value}" for key, value in incar.items()))
            Path("KPOINTS").write_text("made\n0\nGamma\n" + " ".join(map(str, made.mesh)) + "\n0 0 0\n")
            Path("POTCAR.spec").write_text("\n".join(title.split()[1] for title in titles))
            write_poscar("POSCAR", crystal)
            write_poscar("CONTCAR", crystal)
            header = HEADER.format(n=count, nelect=8 * count, nsw=int(incar["NSW"]), ibrion=int(incar["IBRION"]))
            Path("OUTCAR").write_text(header + IONIC.format(energy=energy, seconds=0.01) + FOOTER)
    return folder / name


def write_set(folder: Path, formulas=("Li", "Cl2", "LiCl"), changed: dict[str, dict] | None = None, **same) -> Path:
    """Write a folder of runs, one below it for each formula; ``changed`` are fields of single ones."""
    for formula in formulas:
        write_run(folder / formula, MadeRun(formula, **{**same, **(changed or {}).get(formula, {})}))
    return folder


def task_of(folder: Path) -> dict:
    """emmet's task document of a folder, as plain data."""
    from emmet.core.tasks import TaskDoc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = TaskDoc.from_directory(folder).model_dump()
    return json.loads(json.dumps(jsanitize(found, strict=True, enum_values=True)))
