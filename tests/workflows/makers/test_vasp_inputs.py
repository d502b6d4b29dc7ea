"""Inputs that VASP would get, and documents from what it would return. No VASP runs here."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("atomate2", reason="install it with pip install 'selflimit[workflows]'")

from atomate2.vasp.flows.mp import MPGGADoubleRelaxStaticMaker
from jobflow import Flow, Response
from pymatgen.core import Lattice, Structure
from pymatgen.core.entries import ComputedStructureEntry
from pymatgen.entries.compatibility import MaterialsProject2020Compatibility

from selflimit.documents import LevelOfTheory
from selflimit.errors import ConvergenceError, InputError, LevelOfTheoryError
from selflimit.workflows import VaspRelaxMaker
from selflimit.workflows.makers.vasp import energy_and_level, fan_out, make_relaxation_flow, relaxations_of


def rock_salt() -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def chain(flow: Flow) -> list:
    return [job for part in flow.jobs for job in (chain(part) if isinstance(part, Flow) else [part])]


def lithium() -> Structure:
    return Structure(Lattice.cubic(3.43), ["Li", "Li"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def zirconium_chloride() -> Structure:
    """Layered and hexagonal: another mesh in each direction, and d electrons (LMAXMIX)."""
    sites = [[0, 0, 0.5], [1 / 3, 2 / 3, 0.42], [2 / 3, 1 / 3, 0.58]]
    return Structure(Lattice.hexagonal(3.38, 19.4), ["Zr", "Cl", "Cl"], sites)


def inputs_of(flow: Flow, structure: Structure) -> list:
    makers = [job.maker for job in chain(flow)]
    assert [maker.name for maker in makers] == ["MP GGA relax 1", "MP GGA relax 2", "MP GGA static"]
    return [maker.input_set_generator.get_input_set(structure, potcar_spec=True) for maker in makers]


@pytest.mark.parametrize("structure", [rock_salt(), lithium(), zirconium_chloride()], ids=["LiCl", "Li", "ZrCl2"])
def test_inputs_field_by_field_as_atomate2s_own(structure):
    """Only the density of the k-point mesh is ours: docs/howto/vasp.md lists it."""
    ours = inputs_of(VaspRelaxMaker(potcar_spec=True).relax_flow(structure), structure)
    own = inputs_of(MPGGADoubleRelaxStaticMaker().make(structure), structure)
    for mine, theirs in zip(ours, own, strict=True):
        assert dict(mine.incar) == dict(theirs.incar)
        assert mine.incar["ENCUT"] == 520
        assert mine.potcar == theirs.potcar
        assert mine.poscar.structure == theirs.poscar.structure
        assert mine.kpoints.style == theirs.kpoints.style
        # 1000 points over the number of atoms, shared out as 1/a, 1/b, 1/c and rounded down (pymatgen's convention)
        scale = (1000 / len(structure) * np.prod(structure.lattice.abc)) ** (1 / 3)
        assert list(mine.kpoints.kpts[0]) == [max(1, int(scale / length + 1e-9)) for length in structure.lattice.abc]
    assert [inputs.incar["NSW"] for inputs in ours] == [99, 99, 0]
    assert [inputs.incar.get("ISIF") for inputs in ours[:2]] == [3, 3]


def test_how_the_calculations_run():
    makers = [job.maker for job in chain(VaspRelaxMaker(potcar_spec=True, wall_time=7200).relax_flow(rock_salt()))]
    own = [job.maker for job in chain(MPGGADoubleRelaxStaticMaker().make(rock_salt()))]
    for mine, theirs in zip(makers, own, strict=True):
        assert mine.write_input_set_kwargs == {"potcar_spec": True}
        assert mine.run_vasp_kwargs == {"wall_time": 7200}
        assert mine.copy_vasp_kwargs == theirs.copy_vasp_kwargs
    assert chain(VaspRelaxMaker().relax_flow(rock_salt()))[0].maker.run_vasp_kwargs == {"wall_time": None}


PARAMETERS = {
    "run_type": "GGA",
    "is_hubbard": False,
    "hubbards": {},
    "potcar_spec": [{"titel": "PAW_PBE Li_sv 10Sep2004"}, {"titel": "PAW_PBE Cl 06Sep2000"}],
}


def task(forces=0.01, stress=2.0, state="successful"):
    """What emmet's TaskDoc shows of a static calculation: eV, eV/Angstrom, kbar."""
    crystal = rock_salt()
    crystal.scale_lattice(crystal.volume * 1.02)
    output = SimpleNamespace(
        structure=crystal,
        energy=-27.2,
        forces=(np.ones((8, 3)) * forces).tolist(),
        stress=(np.eye(3) * stress).tolist(),
    )
    calculation = SimpleNamespace(output=SimpleNamespace(ionic_steps=[None]))
    return SimpleNamespace(
        state=state,
        output=output,
        dir_name="host:/run",
        calcs_reversed=[calculation],
        structure_entry=ComputedStructureEntry(crystal, -27.2, parameters=PARAMETERS),
    )


def test_documents_from_tasks():
    (document,) = relaxations_of([task()], [rock_salt()], ["LiCl"], [2], VaspRelaxMaker(corrections="none"))
    assert document.formula == "LiCl"
    assert document.energy_per_atom == pytest.approx(-27.2 / 8)
    assert document.volume_per_formula == pytest.approx(1.02 * 5.13**3 / 4)
    assert document.volume_change == pytest.approx(0.02)
    assert document.max_force == pytest.approx(0.01 * 3**0.5)
    assert document.max_stress == pytest.approx(0.2)  # 2 kbar
    assert document.degeneracy == 2
    assert document.level_of_theory == LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="none")


def test_corrections_are_pymatgens_and_the_entry_stays():
    raw = task().structure_entry
    energy, level = energy_and_level(raw, "MP2020")
    assert raw.energy == -27.2
    expected = MaterialsProject2020Compatibility().process_entry(task().structure_entry)
    assert energy == pytest.approx(expected.energy, abs=1e-12)
    # 4 Cl at -0.614 eV (Wang et al. 2021, doi:10.1038/s41598-021-94550-5, Table 1)
    assert energy == pytest.approx(-27.2 - 4 * 0.614, abs=1e-6)
    assert level == LevelOfTheory(method="DFT", model="PBE (MP GGA)", corrections="MP2020")


def test_corrections_refuse_what_they_are_not_made_for():
    entry = task().structure_entry
    entry.parameters["potcar_spec"] = [{"titel": "PAW_PBE Li 17Jan2003"}, {"titel": "PAW_PBE Cl 06Sep2000"}]
    with pytest.raises(LevelOfTheoryError, match=r"do not apply to this calculation of LiCl \(Incompatible POTCAR"):
        energy_and_level(entry, "MP2020")


def test_hubbard_energies_without_corrections_are_a_level_of_their_own():
    entry = task().structure_entry
    entry.parameters["is_hubbard"] = True
    assert energy_and_level(entry, "none")[1].model == "PBE+U (MP GGA+U)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"forces": 0.2}, r"LiCl: VASP's relaxation ends with force 0\.346 eV/A"),
        ({"stress": 30.0}, r"stress 3 GPa \(tolerance 1\)"),
        ({"state": "unsuccesful"}, r"LiCl: the VASP task in host:/run ended as 'unsuccesful'"),
    ],
)
def test_unconverged_tasks_are_no_results(change, message):
    with pytest.raises(ConvergenceError, match=message):
        relaxations_of([task(**change)], [rock_salt()], ["LiCl"], [1], VaspRelaxMaker())


def test_fan_out_replaces_itself_by_one_flow_per_crystal():
    structures, labels = [rock_salt(), rock_salt()], ["a", "b"]
    response = fan_out.original(VaspRelaxMaker(), structures, labels, [1, 1])
    assert isinstance(response, Response)
    flow = response.replace
    assert [part.name for part in flow.jobs] == ["MP GGA relax a", "MP GGA relax b", "collect"]
    assert flow.output == flow.jobs[-1].output


def test_structures_may_be_references():
    first = VaspRelaxMaker().make([rock_salt()], ["LiCl"], [1])
    job = VaspRelaxMaker(name="VASP").make(first.output, ["LiCl"], [1])
    assert job.name == "VASP"
    assert [uuid for uuid, _ in job.input_references_grouped.items()] == [first.uuid]


def test_lists_must_match():
    with pytest.raises(InputError, match="as long as the 1 structures, got lengths 2, 1"):
        make_relaxation_flow(VaspRelaxMaker(), [rock_salt()], ["a", "b"], [1])
