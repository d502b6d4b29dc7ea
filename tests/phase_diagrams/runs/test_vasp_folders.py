"""Folders of VASP: each functional is told from the files, and what cannot stand on one hull is refused by name."""

import bz2
import json
import shutil

import pytest
from vasp_runs import FUNCTIONALS, MadeRun, crystal_of, task_of, write_run, write_set

from selflimit.documents import LevelOfTheory, common_level
from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, read_entries

LABELS = {
    "GGA": "PBE", "GGA by potentials": "PBE", "GGA+U": "PBE+U", "r2SCAN": "r2SCAN", "SCAN": "SCAN", "PBEsol": "PBEsol",
    "HSE06": "HSE06", "D3": "PBE+D3(0)", "D3(BJ)": "PBE+D3(BJ)", "r2SCAN+D4": "r2SCAN+D4", "LDA": "LDA",
    "optB88": "optB88-vdW",
}  # fmt: skip
LDA_SETS = {"Li": "PAW Li 17Jan2003", "Cl": "PAW Cl 02Oct1998"}


def sets_of(name):
    how = {"incar": FUNCTIONALS[name], "titles": LDA_SETS if name == "LDA" else {}, "u_values": {"Fe": 5.3}}
    return {"formulas": ("Fe", "O2", "FeO") if name == "GGA+U" else ("Li", "Cl2", "LiCl"), **how}


@pytest.mark.parametrize("name", FUNCTIONALS)
def test_the_functional_is_read_from_the_files(tmp_path, name):
    found = read_entries(write_set(tmp_path, **sets_of(name)))
    assert common_level(found) == LevelOfTheory(method="DFT", model=LABELS[name])
    assert {entry.entry_id for entry in found} == set(sets_of(name)["formulas"])
    if name == "GGA":
        # what was written is what stands on the diagram: 2 eV per Li and Cl, from -3.80, -1.90 and -1.79 eV/atom
        doc = ConstrainedPhaseDiagram(found).products("LiCl", 0.0, 0.0)
        assert doc.electrolyte_volume == pytest.approx(5.14**3 / 4)
        (high,) = [s.voltage_high for s in ConstrainedPhaseDiagram(found).profile("LiCl", 0.0).segments[:1]]
        assert high == pytest.approx(2 * 3.80 - 1.90 - 1.79)


@pytest.mark.parametrize("ending", ["vasprun.xml.gz", "vasprun.xml.relax2.gz", "vasprun.xml.static"])
def test_names_that_custodian_gives(tmp_path, ending):
    for formula in ("Li", "Cl2", "LiCl"):
        write_run(tmp_path / formula, MadeRun(formula, FUNCTIONALS["GGA"]), ending, with_inputs=False)
        early = MadeRun(formula, FUNCTIONALS["GGA"], shift=0.3)
        write_run(tmp_path / formula, early, "vasprun.xml.relax1", with_inputs=False)
    assert sorted(round(e.energy, 6) for e in read_entries(tmp_path)) == pytest.approx([-30.4, -3.8, -3.58])


def test_one_file_alone(tmp_path):
    path = write_run(tmp_path / "LiCl", MadeRun("LiCl", FUNCTIONALS["r2SCAN"]))
    (entry,) = read_entries(path)
    assert entry.parameters["cutoff"] == 520.0 and entry.energy == pytest.approx(-30.4)


def test_task_documents_are_read_as_the_folders_are(tmp_path):
    write_set(tmp_path / "runs", incar=FUNCTIONALS["D3(BJ)"])
    tasks = [task_of(tmp_path / "runs" / formula) for formula in ("Li", "Cl2", "LiCl")]
    of_runs = read_entries(tmp_path / "runs")
    wrapped = {
        "plain": tasks,
        "outputs of jobs": [{"uuid": str(i), "index": 1, "output": task} for i, task in enumerate(tasks)],
        "one": tasks[2],
    }
    for name, content in wrapped.items():
        path = tmp_path / f"{name}.json.bz2"
        path.write_bytes(bz2.compress(json.dumps(content).encode()))
        found = read_entries(path)
        assert common_level(found).label == "PBE+D3(BJ)"  # emmet's own type of the run says PBE
        same = {entry.energy: entry.structure.volume for entry in of_runs}
        assert all(entry.structure.volume == pytest.approx(same[entry.energy]) for entry in found)
        assert len(found) == (1 if name == "one" else 3)


def test_a_static_run_takes_the_place_of_its_relaxation(tmp_path):
    write_set(tmp_path, incar=FUNCTIONALS["GGA"])
    relaxed = MadeRun("LiCl", FUNCTIONALS["GGA"] | {"NSW": "50", "IBRION": "2"}, shift=-0.2, ionic_steps=3)
    write_run(tmp_path / "before", relaxed)
    tasks = [task_of(folder) for folder in sorted(tmp_path.iterdir())]
    assert {task["task_type"] for task in tasks} == {"Static", "Structure Optimization"}
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks))
    assert sorted(e.energy for e in read_entries(path)) == pytest.approx([-30.4, -3.8, -3.58])


# --- refused ---------------------------------------------------------------------------------------------------------

GGA = FUNCTIONALS["GGA"]
REFUSED = {
    "unconverged electrons": ({"LiCl": {"electronic_steps": 60}}, ConvergenceError, "NELM"),
    "unconverged ions": (
        {"LiCl": {"incar": GGA | {"NSW": "3", "IBRION": "2"}, "ionic_steps": 3}}, ConvergenceError, r"\(NSW\)",
    ),
    "forces": ({"LiCl": {"force": 0.4}}, ConvergenceError, "0.4 eV/Angstrom"),
    "stress": ({"LiCl": {"stress": 4.0}}, ConvergenceError, "stress of 4 GPa"),
    "one k-point": ({"LiCl": {"mesh": (1, 1, 1)}}, ConvergenceError, "denser mesh"),
    "molecular dynamics": ({"LiCl": {"incar": GGA | {"NSW": "9", "IBRION": "0"}}}, ConvergenceError, "dynamics"),
    "band structure": ({"LiCl": {"incar": GGA | {"ICHARG": "11"}}}, ConvergenceError, "self-consistent"),
    "machine-learned": ({"LiCl": {"incar": GGA | {"ML_LMLFF": "True"}}}, LevelOfTheoryError, "machine-learned"),
    "many-body": ({"LiCl": {"incar": GGA | {"ALGO": "GW0"}}}, ConvergenceError, "ALGO"),
    "another functional": ({"LiCl": {"incar": FUNCTIONALS["r2SCAN"]}}, LevelOfTheoryError, "is r2SCAN, most are PBE"),
    "another functional, SCAN": ({"Li": {"incar": FUNCTIONALS["SCAN"]}}, LevelOfTheoryError, "is SCAN, most are PBE"),
    "another functional, PBEsol": ({"Li": {"incar": FUNCTIONALS["PBEsol"]}}, LevelOfTheoryError, "is PBEsol"),
    "a hybrid": ({"Li": {"incar": FUNCTIONALS["HSE06"]}}, LevelOfTheoryError, "is HSE06"),
    "one dispersion": ({"LiCl": {"incar": FUNCTIONALS["D3"]}}, LevelOfTheoryError, r"is PBE\+D3\(0\), most are PBE"),
    "two dispersions": (
        {"Li": {"incar": FUNCTIONALS["D3"]}, "LiCl": {"incar": FUNCTIONALS["D3(BJ)"]}}, LevelOfTheoryError, "of one",
    ),
    "another cutoff": ({"LiCl": {"incar": GGA | {"ENCUT": "400"}}}, LevelOfTheoryError, "is 400.0, most are 520.0"),
    "another potential": ({"LiCl": {"titles": {"Li": "PAW_PBE Li 17Jan2003"}}}, LevelOfTheoryError, "PAW set of Li"),
    "another version": (
        {"LiCl": {"titles": {"Li": "PAW_PBE Li_sv 23Jan2001"}}}, LevelOfTheoryError, "PAW set of Li",
    ),
    "LDA potentials": (
        {"LiCl": {"titles": {"Li": "PAW Li_sv 23Jan2001", "Cl": "PAW Cl 02Oct1998"}}}, LevelOfTheoryError, "with LDA",
    ),
    "two kinds of potentials": ({"LiCl": {"titles": {"Li": "PAW Li_sv 23Jan2001"}}}, LevelOfTheoryError, "mixes"),
    "PBE potentials under LDA": ({"LiCl": {"incar": FUNCTIONALS["LDA"]}}, LevelOfTheoryError, "is LDA|made with PBE"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_sets_that_are_none_are_refused_by_name(tmp_path, case):
    changed, kind, said = REFUSED[case]
    write_set(tmp_path, changed=changed, incar=GGA)
    with pytest.raises(kind, match=said) as refused:
        read_entries(tmp_path)
    assert "vasprun.xml" in str(refused.value)
    assert any(formula in str(refused.value) for formula in changed)


def test_u_that_differs_is_refused(tmp_path):
    write_set(tmp_path, ("Fe", "O2", "FeO"), {"Fe": {"u_values": {"Fe": 4.0}}}, incar=FUNCTIONALS["GGA+U"],
              u_values={"Fe": 5.3})  # fmt: skip
    with pytest.raises(LevelOfTheoryError, match=r"one Hubbard U \(eV\) of Fe, got 4.0, 5.3: .*FeO?/vasprun"):
        read_entries(tmp_path)
    write_run(tmp_path / "Fe", MadeRun("Fe", GGA))  # metals without U, as the Materials Project has them
    with pytest.raises(LevelOfTheoryError, match=r"got 0.0, 5.3"):
        read_entries(tmp_path)


def test_a_run_that_was_cut_off(tmp_path):
    path = write_run(write_set(tmp_path, incar=GGA) / "LiCl", MadeRun("LiCl", GGA))
    whole = path.read_bytes()
    for content in (whole[: 2 * len(whole) // 3], b""):
        path.write_bytes(content)
        with pytest.raises((ConvergenceError, InputError), match=r"LiCl/vasprun\.xml"):
            read_entries(tmp_path)
    path.write_text("<modeling></modeling>")
    with pytest.raises((ConvergenceError, InputError), match=r"LiCl/vasprun\.xml"):
        read_entries(tmp_path)


def test_inputs_of_another_run_beside_it(tmp_path):
    write_set(tmp_path, incar=GGA)
    (tmp_path / "LiCl" / "INCAR").write_text("METAGGA = R2SCAN\nENCUT = 520\n")
    with pytest.raises(LevelOfTheoryError, match=r"LiCl.* INCAR beside it has R2SCAN"):
        read_entries(tmp_path)
    (tmp_path / "LiCl" / "INCAR").unlink()
    (tmp_path / "LiCl" / "POTCAR").write_text("   TITEL  = PAW_PBE Li 17Jan2003\n   TITEL  = PAW_PBE Cl 06Sep2000\n")
    with pytest.raises(LevelOfTheoryError, match=r"POTCAR beside it holds PAW_PBE Li 17Jan2003"):
        read_entries(tmp_path)


def test_a_level_that_contradicts_the_files_is_refused(tmp_path):
    write_set(tmp_path, incar=GGA)
    assert common_level(read_entries(tmp_path, LevelOfTheory(method="DFT", model="PBE"))).model == "PBE"
    with pytest.raises(LevelOfTheoryError, match=r"vasprun.xml is PBE, but r2SCAN was given"):
        read_entries(tmp_path, LevelOfTheory(method="DFT", model="r2SCAN"))


def test_folders_with_nothing_in_them(tmp_path):
    with pytest.raises(InputError, match="holds nothing to read"):
        read_entries(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        read_entries(tmp_path / "missing")


TASK_FAULTS = {
    "failed": lambda task: task.update(state="failed"),
    "another type": lambda task: task["calcs_reversed"][0].update(run_type="r2SCAN"),
    "another energy": lambda task: task["output"].update(energy=-20.0),
    "no calculation": lambda task: task.update(calcs_reversed=[]),
    "no forces": lambda task: task["output"].update(forces=None),
    "not completed": lambda task: task["calcs_reversed"][0].update(has_vasp_completed="failed"),
    "damaged": lambda task: task.update(calcs_reversed="none"),
}


@pytest.fixture(scope="module")
def a_task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    write_run(folder, MadeRun("LiCl", GGA))
    task = task_of(folder)
    shutil.rmtree(folder)
    return task


@pytest.mark.parametrize("fault", TASK_FAULTS)
def test_tasks_that_do_not_count_are_refused_by_name(tmp_path, a_task, fault):
    task = json.loads(json.dumps(a_task))
    TASK_FAULTS[fault](task)
    (tmp_path / "tasks.json").write_text(json.dumps([a_task, task]))
    with pytest.raises((InputError, ConvergenceError, LevelOfTheoryError), match=r"task 1 of .*tasks\.json"):
        read_entries(tmp_path / "tasks.json")


def test_the_generator_writes_what_it_says():
    assert crystal_of("LiCl").volume == pytest.approx(5.14**3)
