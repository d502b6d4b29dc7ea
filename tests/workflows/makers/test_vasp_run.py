"""The whole VASP path under real custodian, with a program that reads and writes VASP's files. No VASP runs here."""

import json
import stat
import sys
from contextlib import chdir
from functools import partial
from pathlib import Path

import bson
import numpy as np
import pytest
import vasp_like

pytest.importorskip("atomate2", reason="install it with pip install 'selflimit[workflows]'")

from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from ase.stress import full_3x3_to_voigt_6_stress
from custodian import Custodian
from jobflow import Flow, JobStore
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Lattice, Structure
from pymatgen.entries.compatibility import MaterialsProject2020Compatibility
from pymatgen.io.vasp import Incar, Kpoints, Poscar, Vasprun
from pymatgen.io.vasp.sets import MPRelaxSet, MPStaticSet

from selflimit.documents import CoarseRelaxationDoc, LevelOfTheory, ScreeningDoc
from selflimit.errors import ConvergenceError, InputError
from selflimit.structures import ForceField, Parent
from selflimit.workflows import (
    ForceFieldRelaxMaker,
    OrderingMaker,
    ScreenedRelaxMaker,
    StagedRelaxMaker,
    VaspRelaxMaker,
    results,
)
from selflimit.workflows.makers.vasp_run import VaspRelaxation, VaspStatic, has_reached_wall_time
from selflimit.workflows.running.execution import execute
from selflimit.workflows.running.local import Listener, run_flow

PROGRAM = Path(vasp_like.__file__)


class Vasp:
    """The stand-in on the PATH: what goes wrong next, and which starts there were."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plan(self, formula: str, *faults: str) -> None:
        (self.folder / f"faults-{formula}").write_text("\n".join(faults))

    @property
    def starts(self) -> list[str]:
        """Formula and NSW of each start."""
        log = self.folder / "runs.log"
        return [" ".join(line.split()[:2]) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def vasp(tmp_path, monkeypatch):
    folder = tmp_path / "vasp"
    folder.mkdir()
    for name in ("vasp_std", "vasp_gam"):
        program = folder / name
        program.write_text(f"#!/bin/sh\nexec {sys.executable} {PROGRAM}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("VASP_LIKE_FOLDER", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("CUSTODIAN_WALLTIME_START", raising=False)
    # custodian looks every 10 s, and asks its handlers every 300 s
    monkeypatch.setattr("atomate2.vasp.run.Custodian", partial(Custodian, polling_time_step=0.1, monitor_freq=1))
    return Vasp(folder)


@pytest.fixture
def store():
    made = JobStore(MemoryStore())
    made.connect()
    return made


def caesium_chloride() -> Structure:
    """LiCl strained and displaced off the pair potential's lowest crystal."""
    a = 2.9
    return Structure(Lattice.orthorhombic(1.05 * a, a, 0.98 * a), ["Li", "Cl"], [[0.02, 0, 0], [0.5, 0.5, 0.5]])


def lithium() -> Structure:
    return Structure(Lattice.cubic(4.3), ["Li"] * 4, [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])


def relaxing(structures: list[Structure], **settings) -> Flow:
    maker = VaspRelaxMaker(potcar_spec=True, **settings)
    job = maker.make(structures, [one.reduced_formula for one in structures], [1] * len(structures))
    return Flow([job], output=job.output)


def run(flow: Flow, store: JobStore, folder: Path) -> list:
    """RelaxationDocs of the flow, run or resumed in ``folder``."""
    folder.mkdir(exist_ok=True)
    run_flow(flow, store, folder, Listener())
    return MontyDecoder().process_decoded(store.get_output(flow.output.uuid, load=True))


def job_folder(folder: Path, name: str) -> Path:
    (found,) = (folder / "jobs").glob(f"*-{name}-*")
    return found


class PairPotential(Calculator):
    """The stand-in's energies for ASE."""

    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        step = vasp_like.pair_morse(
            vasp_like.Crystal(self.atoms.cell.array, self.atoms.get_chemical_symbols(), self.atoms.positions)
        )
        stress = full_3x3_to_voigt_6_stress(step.stress)
        self.results = {"energy": step.energy, "free_energy": step.energy, "forces": step.forces, "stress": stress}


def relaxed_by_ase(structure: Structure) -> Atoms:
    symbols = [site.specie.symbol for site in structure]
    atoms = Atoms(symbols, structure.cart_coords, cell=structure.lattice.matrix, pbc=True, calculator=PairPotential())
    FIRE(FrechetCellFilter(atoms), logfile=None).run(fmax=1e-4, steps=1000)
    return atoms


def test_the_stand_ins_forces_and_stress_are_its_energys_derivatives():
    structure = caesium_chloride()
    crystal = vasp_like.Crystal(structure.lattice.matrix, ["Li", "Cl"], structure.cart_coords)
    at = np.concatenate([0.03 * np.arange(9) / 9, crystal.positions.ravel()])
    slope = vasp_like.gradient(vasp_like.pair_morse(vasp_like.deformed(crystal, at)), at, moves_cell=True)
    h = 1e-5
    for number in range(len(at)):
        moved = [at + sign * h * (np.arange(len(at)) == number) for sign in (1, -1)]
        high, low = (vasp_like.pair_morse(vasp_like.deformed(crystal, one)).energy for one in moved)
        # second order in a step of 1e-5, and round-off of some eV over it
        assert slope[number] == pytest.approx((high - low) / (2 * h), abs=1e-7)


def test_two_crystals_from_the_inputs_to_corrected_energies(vasp, store, tmp_path):
    structures = [caesium_chloride(), lithium()]
    salt, metal = run(relaxing(structures), store, tmp_path / "run")
    assert sorted(vasp.starts) == sorted(f"{name} NSW={steps}" for name in ("LiCl", "Li") for steps in (99, 99, 0))
    for doc, structure in ((salt, structures[0]), (metal, structures[1])):
        atoms = relaxed_by_ase(structure)
        # MP2020 of LiCl: -0.614 eV per Cl (Wang et al. 2021, Table 1); elements have none
        raw = doc.energy + 0.614 * (doc.formula == "LiCl")
        # the relaxation ends when a step gains less than EDIFFG = 10 EDIFF = 5e-4 eV per atom
        assert raw / len(structure) == pytest.approx(atoms.get_potential_energy() / len(atoms), abs=5e-4)
        # and so much energy over a bulk modulus of 0.4 eV/A^3 and 8 A^3 per atom is 2 % of the volume
        assert doc.volume == pytest.approx(atoms.get_volume(), rel=0.02)
        assert doc.volume_change == pytest.approx(doc.volume / structure.volume - 1)
        assert doc.level_of_theory == LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")
    folder = job_folder(tmp_path / "run", "MP GGA static LiCl")
    check_correction(salt, folder)
    check_inputs(folder, tmp_path / "run", salt.structure)


def check_correction(salt, static: Path) -> None:
    """pymatgen's own way: entry from vasprun.xml, processed; and no second correction on the document's entry."""
    entry = Vasprun(static / "vasprun.xml.gz", parse_potcar_file=False).get_computed_entry(inc_structure=True)
    raw = entry.energy
    corrected = MaterialsProject2020Compatibility().process_entry(entry)
    assert corrected.correction != 0
    # VASP prints eight decimals
    assert salt.energy == pytest.approx(corrected.energy, abs=1e-7)
    assert salt.entry().energy == pytest.approx(raw + corrected.correction, abs=1e-7)
    assert MaterialsProject2020Compatibility().process_entry(salt.entry()) is None


def check_inputs(static: Path, run_folder: Path, crystal: Structure) -> None:
    """The static calculation's files as atomate2's own set makes them from the relaxation before it."""
    before = job_folder(run_folder, "MP GGA relax 2 LiCl")
    own = MPStaticSet(force_gamma=True, auto_metal_kpoints=True, inherit_incar=False)
    expected = own.get_input_set(crystal, prev_dir=str(before), potcar_spec=True)
    assert Incar.from_file(static / "INCAR.gz") == expected.incar
    assert Poscar.from_file(static / "POSCAR.gz").structure.matches(expected.poscar.structure)
    mesh = Kpoints.from_file(static / "KPOINTS.gz")
    assert mesh.style == expected.kpoints.style
    # 1000 points over the number of atoms, shared out as 1/a, 1/b, 1/c and rounded down
    scale = (1000 / len(crystal) * np.prod(crystal.lattice.abc)) ** (1 / 3)
    assert list(mesh.kpts[0]) == [int(scale / length) for length in crystal.lattice.abc]
    relaxation = job_folder(run_folder, "MP GGA relax 1 LiCl")
    expected = MPRelaxSet(force_gamma=True, auto_metal_kpoints=True).get_input_set(crystal, potcar_spec=True)
    assert Incar.from_file(relaxation / "INCAR.gz") == expected.incar


def test_wall_time_stops_without_a_result_and_the_next_attempt_continues(vasp, store, tmp_path, monkeypatch):
    vasp.plan("LiCl", "slow")
    flow = relaxing([caesium_chloride()], wall_time=1000)  # three slow steps are 1200 s
    with pytest.raises(ConvergenceError, match=r"LiCl in .* reached its wall time .* resume with more time"):
        run(flow, store, tmp_path / "run")
    assert vasp.starts == ["LiCl NSW=99"]
    assert [doc["name"] for doc in store.query({"output": {"$ne": None}})] == []  # nothing half-done is stored
    monkeypatch.delenv("CUSTODIAN_WALLTIME_START")  # as in a new batch job
    (salt,) = run(flow, store, tmp_path / "run")
    folder = job_folder(tmp_path / "run", "MP GGA relax 1 LiCl")
    (contcar,) = (folder / "attempt-1").glob("CONTCAR*")
    stopped = Poscar.from_file(contcar).structure
    began = Poscar.from_file(folder / "POSCAR.gz").structure
    assert np.allclose(began.lattice.matrix, stopped.lattice.matrix, atol=1e-9)
    assert not np.allclose(began.lattice.matrix, caesium_chloride().lattice.matrix, atol=0.01)
    assert not (folder / "STOPCAR").exists()
    assert salt.volume == pytest.approx(relaxed_by_ase(caesium_chloride()).get_volume(), rel=0.02)  # as above
    assert salt.volume_change == pytest.approx(salt.volume / caesium_chloride().volume - 1)  # of the whole way


def test_a_static_calculation_ends_with_its_only_ionic_step(vasp, tmp_path):
    vasp.plan("LiCl", "slow")
    how = {"write_input_set_kwargs": {"potcar_spec": True}, "run_vasp_kwargs": {"wall_time": 1000}}
    maker = VaspStatic(**how)
    with chdir(tmp_path):
        response = maker.make.original(maker, caesium_chloride())
    assert has_reached_wall_time(tmp_path)
    assert response.output.state.value == "successful"
    assert response.output.output.forces is not None


def test_custodian_repairs_each_crystal_by_itself(vasp, store, tmp_path):
    vasp.plan("LiCl", "subspace", "zbrent")
    vasp.plan("Li", "subspace")
    run(relaxing([caesium_chloride(), lithium()]), store, tmp_path / "run")
    assert vasp.starts[:5] == ["LiCl NSW=99"] * 3 + ["Li NSW=99"] * 2
    first = Incar.from_file(job_folder(tmp_path / "run", "MP GGA relax 1 LiCl") / "INCAR.gz")
    # custodian's remedies: projectors in reciprocal space, then tighter electronic convergence
    assert (first["LREAL"], first["EDIFF"], first["NELMIN"]) == (False, 1e-6, 8)
    second = Incar.from_file(job_folder(tmp_path / "run", "MP GGA relax 1 Li") / "INCAR.gz")
    assert second["LREAL"] is False
    static = Incar.from_file(job_folder(tmp_path / "run", "MP GGA static LiCl") / "INCAR.gz")
    assert static["EDIFF"] == pytest.approx(1e-4)  # a repair stays in its calculation


def test_what_custodian_cannot_repair_stops_with_a_message_and_resumes(vasp, store, tmp_path):
    vasp.plan("LiCl", "harris")
    flow = relaxing([lithium(), caesium_chloride()])
    with pytest.raises(ConvergenceError) as failure:
        run(flow, store, tmp_path / "run")
    message = str(failure.value)
    for part in ("LiCl", "MP GGA relax 1 LiCl", "spin_polarized_harris", "is a good joke", "resume"):
        assert part in message
    finished = {doc["name"] for doc in store.query({"output": {"$ne": None}})}
    assert finished == {"MP GGA relax 1 Li"}
    before = len(vasp.starts)
    run(flow, store, tmp_path / "run")
    assert sorted(vasp.starts[before:]) == sorted(["LiCl NSW=99"] * 2 + ["LiCl NSW=0", "Li NSW=99", "Li NSW=0"])


def test_killed_vasp_is_a_failure_with_its_last_words(vasp, tmp_path):
    vasp.plan("LiCl", "killed")
    maker = VaspRelaxation(write_input_set_kwargs={"potcar_spec": True})
    with chdir(tmp_path), pytest.raises(ConvergenceError, match=r"VasprunXMLValidator.*SYNTHETIC: a pair potential"):
        maker.make.original(maker, caesium_chloride())


def test_missing_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with chdir(tmp_path), pytest.raises(InputError, match=r"VASP command .* set VASP_CMD in ~/\.atomate2\.yaml"):
        VaspRelaxation().make.original(VaspRelaxation(), caesium_chloride())


def test_missing_potcars(vasp, tmp_path):
    with chdir(tmp_path), pytest.raises(ConvergenceError, match=r"LiCl in .* failed \(.*PMG_VASP_PSP_DIR"):
        VaspRelaxation().make.original(VaspRelaxation(), caesium_chloride())
    assert vasp.starts == []


def test_calculations_share_no_folder(vasp, tmp_path):
    maker = VaspRelaxation()
    with chdir(tmp_path), pytest.raises(InputError, match="set create_folders=True"):
        maker.make.original(maker, caesium_chloride(), prev_dir=f"this-machine:{tmp_path}")


def test_vasp_relaxes_what_a_force_field_passes_on(vasp, store, tmp_path, monkeypatch):
    level = LevelOfTheory(method="force field", model="pairs")
    pairs = ForceField("pairs", PairPotential(), level, frozenset({"Li"}))
    monkeypatch.setattr("selflimit.structures.relaxation.relaxation.recall_force_field", lambda name: pairs)
    maker = ScreenedRelaxMaker(
        screen=ForceFieldRelaxMaker(force_field="pairs", workers=1), relax_maker=VaspRelaxMaker(potcar_spec=True),
        window=0.01,
    )  # fmt: skip
    job = maker.make([lithium(), lithium().get_primitive_structure()], ["fcc 4", "fcc 1"], [2, 3])
    passed, twin = run(Flow([job], output=job.output), store, tmp_path / "run")
    assert (passed.label, passed.degeneracy, passed.level_of_theory.method) == ("fcc 1", 3, "DFT")
    # the same potential behind both, so VASP's stand-in stays where the force field ended
    assert passed.volume_change == pytest.approx(0, abs=0.01)
    assert isinstance(twin, CoarseRelaxationDoc)
    assert (twin.label, twin.duplicate_of) == ("fcc 4", "fcc 1")
    assert vasp.starts == ["Li NSW=99", "Li NSW=99", "Li NSW=0"]
    decided = store.query_one({"name": "screening"})["output"]
    assert [one["decision"] for one in decided["crystals"]] == ["duplicate", "passed on"]


def half_filled() -> Parent:
    """Lithium on half of the tetrahedral sites between chlorine: zinc blende and its like."""
    sites = [[x, y, z] for x in (0.25, 0.75) for y in (0.25, 0.75) for z in (0.25, 0.75)]
    fcc = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    labels = ["Li1"] * 8 + ["Cl1"] * 4
    crystal = Structure(
        Lattice.cubic(4.5), [{"Li": 0.5}] * 8 + ["Cl"] * 4, sites + fcc, site_properties={"label": labels}
    )
    return Parent("LiCl-half", crystal, (("Li1",),), {"Li": 1, "Cl": -1}, "made by hand")


def test_orderings_are_screened_relaxed_with_vasp_and_told_in_the_run_folder(vasp, store, tmp_path, monkeypatch):
    """`--force-field VASP --screen ...` from the disordered crystal to its lowest ordering and what was left out."""
    level = LevelOfTheory(method="force field", model="pairs")
    pairs = ForceField("pairs", PairPotential(), level, frozenset({"Li", "Cl"}))
    monkeypatch.setattr("selflimit.structures.relaxation.relaxation.recall_force_field", lambda name: pairs)
    screened = ScreenedRelaxMaker(
        screen=StagedRelaxMaker(force_field="pairs", workers=1), relax_maker=VaspRelaxMaker(potcar_spec=True),
        window=1.0, most=1,
    )  # fmt: skip
    flow = OrderingMaker(cells=("conventional",), keep=3, relax_maker=screened).make(half_filled())
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "configuration.json").write_text("{}")
    execute(folder, flow, store, Listener(), None, "memory")
    [told] = results(store, kind="ScreeningDoc")
    kept = json.loads((folder / "documents" / "relax-orderings-screening.json").read_text())
    assert ScreeningDoc.model_validate({k: v for k, v in kept.items() if not k.startswith("@")}) == told
    assert (told.level_of_theory, told.most, len(told.crystals)) == (level, 1, 3)
    [passed] = [one for one in told.crystals if one.decision == "passed on"]
    assert passed.above_hull == pytest.approx(0, abs=1e-9), "the lowest of its composition"
    assert all(one.decision in ("cut off", "duplicate") for one in told.crystals if one != passed), "1 eV/atom is wide"
    best = json.loads((folder / "documents" / "lowest-ordering.json").read_text())
    assert (best["label"], best["level_of_theory"]["method"]) == (passed.label, "DFT")
    assert vasp.starts == ["LiCl NSW=99", "LiCl NSW=99", "LiCl NSW=0"]
    for one in store.query({"output": {"$ne": None}}):
        assert one["metadata"]["provenance"]["inputs_hash"], one["name"]
        assert len(bson.encode(one)) < 1e6, "what is large in a VASP task goes to the data store"
    static = store.query_one({"name": "MP GGA static " + passed.label})["metadata"]["provenance"]
    assert len(static["parents"]) == 1, "the second relaxation"
