"""Settings of a run are honoured to the end, or refused before any work."""

import json

import pytest
from pymatgen.core.entries import ComputedStructureEntry

from selflimit.cli.main import main
from selflimit.cli.parsing import parse
from selflimit.cli.run import configuration_of
from selflimit.documents import ElasticDoc
from selflimit.errors import InputError
from selflimit.phase_diagrams import ConstrainedPhaseDiagram, MechanicalRules, electrolyte_entries
from selflimit.phase_diagrams.entries.bundled import bundled_elastic
from selflimit.run_settings import PARENTS, SETTINGS, RunConfiguration
from selflimit.structures.parents.parents import known_parents
from selflimit.workflows import InterfaceMaker, PresetMaker, SelfLimitMaker
from selflimit.workflows.makers.parents import read_parent
from selflimit.workflows.makers.phase_diagram import diagram_of
from selflimit.workflows.makers.run_flow import check_run, make_flow

SODIUM = """data_NaCl
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na 0 0 0 0.5
Na2 Na 0.5 0.5 0 0.5
Cl1 Cl 0.5 0.5 0.5 1
"""


def asked(*words):
    return configuration_of(parse(list(words))[0])


def test_the_particles_crystal_gives_the_particles_constants():
    entries = list(electrolyte_entries(["Li2ZrCl6"], source="force-field").entries)
    reaction = ConstrainedPhaseDiagram(entries).products("Li2ZrCl6", 0.0, 0.0)
    constants = [doc for doc in bundled_elastic().values() if isinstance(doc, ElasticDoc) and doc.formula != "Li3N"]
    parameters = InterfaceMaker(particle="LiCl mp-22905")._parameters(reaction, constants)
    assert parameters.particle_modulus == 1e9 * bundled_elastic()["LiCl"].youngs_modulus
    with pytest.raises(InputError, match="Li3N"):
        InterfaceMaker()._parameters(reaction, constants)


def test_a_sodium_chain_names_its_ion_and_is_refused_before_any_work(tmp_path):
    (tmp_path / "na.cif").write_text(SODIUM)
    words = ["--parent", str(tmp_path / "na.cif"), "--pool", "Na1,Na2", "--cell", "primitive", "--keep", "1"]
    settings = asked("run", *words)
    _, complete = check_run(settings, "orderings")
    assert complete.working_ion == "Na"
    assert SelfLimitMaker.of(complete).diagram_maker.rules.working_ion == "Na"
    assert SelfLimitMaker.of(complete).interface_maker.rules.working_ion == "Na"
    with pytest.raises(InputError, match=r"no bundled phases for Cl-Na.*--entries FILE"):
        check_run(settings, "phase diagram")
    possible = r"got NaCl with Na exchanged. `selflimit orderings` works .*`selflimit diagram NaCl --entries FILE`"
    for through in ("interface", "report"):
        with pytest.raises(InputError, match=possible):
            check_run(settings, through)
    parent = read_parent(settings)
    for maker in (SelfLimitMaker(), SelfLimitMaker.of(complete)):
        with pytest.raises(InputError, match="growth and stress know lithium metal alone"):
            maker.make(parent)
    with pytest.raises(InputError, match="that holds Li"):
        check_run(asked("run", *words, "--working-ion", "Li"), "orderings")


def test_what_a_run_can_do_can_be_submitted():
    words = ["--model", "elastic", "--closed-loop", "--particle", "LiCl mp-22905", "--keep", "1", "--k-eff", "0", "5"]
    run, submitted = asked("run", *words), asked("submit", *words)
    assert run == submitted
    maker = SelfLimitMaker.of(run)
    assert maker.diagram_maker.rules.model == "elastic"
    assert maker.interface_maker.closed_loop
    assert maker.interface_maker.particle == "LiCl mp-22905"


def test_a_presets_duration_is_the_one_asked_for_even_if_it_is_another_presets_own():
    given, _ = parse(["interface", "--preset", "fig1b-control", "--duration", "2100"])
    assert "duration" in given.given
    assert given.duration == 2100.0
    assert PresetMaker().duration is None, "the preset's own"


def test_every_setting_survives_the_file_and_is_an_option_of_the_run(tmp_path):
    settings = RunConfiguration(k_effs=(1.0,), pools=(("Li1", "Li2"),), charges={"Zr": 4.0}, model="inclusion")
    again = RunConfiguration.of_data(json.loads(json.dumps(settings.data())), "x")
    assert again == settings
    made, _ = parse(["run"])
    assert {name for name, about in SETTINGS.items() if about.option} <= set(vars(made))
    with pytest.raises(InputError, match="not a configuration of this version"):
        RunConfiguration.of_data({"parnt": "LZC-A"}, "configuration.json")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"k_effs": (15e9,)}, "did you mean 15"),
        ({"duration": -1.0}, "--duration"),
        ({"overpotential": 0.1}, "did you mean -0.1"),
        ({"gases": "solids"}, "did you mean solid"),
        ({"voltage_range": (5.0, 1.0)}, "low < high"),
        ({"screen": "CHGNet-r2scan"}, "only with --force-field VASP"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_python_too(values, said):
    with pytest.raises(InputError, match=said):
        RunConfiguration(**values)


def test_a_misspelt_functional_is_refused_before_any_work():
    with pytest.raises(InputError, match="did you mean elastic"):
        check_run(RunConfiguration(model="elstic"), "orderings")


def test_the_schema_names_the_parents_that_ship():
    assert set(PARENTS) == set(known_parents())


def test_a_flow_knows_what_it_is_of(tmp_path):
    flow = make_flow(RunConfiguration(cells=("primitive",), keep=1), ["mine"])
    about = [job.metadata["selflimit"] for job, _ in flow.iterflow()]
    assert {one["flow"] for one in about} == {flow.uuid}
    assert about[0]["configuration"]["keep"] == 1


def test_resume_of_a_preset_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["interface", "--preset", "fig8-step2", "--grid", "32", "96", "--folder", "mine", "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["resume", "mine", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["rows"] == first["rows"]


def test_current_and_cycles_reach_the_cell():
    """2 mA/cm^2 are 20 A/m^2; each cycle plates and strips for the duration."""
    settings = RunConfiguration(current=2.0, cycles=2, duration=60.0)
    passed = [(s.current, s.duration) for part in InterfaceMaker.of(settings).schedule() for s in part.segments()]
    assert passed == [(20.0, 60.0), (-20.0, 60.0)] * 2
    once = InterfaceMaker.of(RunConfiguration(current=2.0, duration=60.0)).schedule()
    assert [s.current for part in once for s in part.segments()] == [20.0]
    assert InterfaceMaker.of(RunConfiguration(duration=60.0)).schedule() == 60.0
    with pytest.raises(InputError, match="--cycles only with --current"):
        RunConfiguration(cycles=2)
    with pytest.raises(InputError, match=r"--current: expected .* mA/cm"):
        RunConfiguration(current=-1.0)


def test_a_current_and_an_overpotential_exclude_each_other():
    with pytest.raises(InputError, match=r"--current or --overpotential, got both.*overpotential is found"):
        RunConfiguration(current=0.5, overpotential=-0.05)
    assert RunConfiguration(overpotential=-0.05).overpotential == -0.05


def test_own_entries_reach_diagram_and_interface(tmp_path):
    """The flow's second stage reads the entries, and its electrolyte is that of the third."""
    entries = [entry.as_dict() for entry in electrolyte_entries(["Li2ZrCl6"], source="force-field").entries]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(entries))
    settings = asked("run", "--entries", str(path), "--cell", "primitive", "--keep", "1")
    assert settings.entries_sha256
    flow = make_flow(settings, [])
    names = [job.name for job, _ in flow.iterflow()]
    assert "own entries" in names and "relax competing phases" not in names
    own = next(job for job, _ in flow.iterflow() if job.name == "own entries")
    lowest, competing = (own.function(*own.function_args)[name] for name in ("electrolyte", "competing"))
    assert lowest.formula == "Li2ZrCl6" and len(competing) == len(entries) - 1
    doc = diagram_of({"electrolyte": lowest, "competing": competing}, MechanicalRules()).products("Li2ZrCl6", 0.0, 0.0)
    shipped = ConstrainedPhaseDiagram([ComputedStructureEntry.from_dict(e) for e in entries])
    assert doc.reaction_energy == pytest.approx(shipped.products("Li2ZrCl6", 0.0, 0.0).reaction_energy)
    path.write_text(json.dumps([e for e in entries if "Li2ZrCl6" not in e["entry_id"]]))
    with pytest.raises(InputError, match="holds no entry of Li2ZrCl6"):
        make_flow(settings, [])
    with pytest.raises(InputError, match="expected --entries without --phases mp-api"):
        asked("run", "--entries", str(path), "--phases", "mp-api")
