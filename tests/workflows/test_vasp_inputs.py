"""Inputs that VASP would get, and documents from what it would return. No VASP runs here."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("atomate2", reason="install it with pip install 'selflimit[workflows]'")

from jobflow import Flow, Response
from pymatgen.core import Lattice, Structure

from selflimit.errors import ConvergenceError, InputError
from selflimit.workflows.vasp import LEVEL, VaspRelaxMaker, fan_out, relaxation_flow, relaxations_of


def rock_salt() -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.13), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def chain(flow: Flow) -> list:
    return [job for part in flow.jobs for job in (chain(part) if isinstance(part, Flow) else [part])]


def test_three_calculations_at_the_papers_settings():
    flow = VaspRelaxMaker(potcar_spec=True).relax_flow(rock_salt())
    makers = [job.maker for job in chain(flow)]
    assert [maker.name for maker in makers] == ["MP GGA relax 1", "MP GGA relax 2", "MP GGA static"]
    for maker in makers:
        inputs = maker.input_set_generator.get_input_set(rock_salt(), potcar_spec=True)
        assert inputs.incar["ENCUT"] == 520
        # a mesh of n k-points for N atoms has n N k-points per reciprocal atom: at least the paper's 1000, and not
        # more than the next mesh of the cube (rounding up each direction)
        (mesh,) = inputs.kpoints.kpts
        assert 1000 <= np.prod(mesh) * len(rock_salt()) <= 1000 * (6 / 5) ** 3
        # names of the Materials Project's PBE set
        assert inputs.potcar.split() == ["Li_sv", "Cl"]
        assert maker.write_input_set_kwargs == {"potcar_spec": True}
    assert makers[0].input_set_generator.get_input_set(rock_salt(), potcar_spec=True).incar["ISIF"] == 3
    assert makers[2].input_set_generator.get_input_set(rock_salt(), potcar_spec=True).incar["NSW"] == 0


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
    return SimpleNamespace(state=state, output=output, dir_name="host:/run", calcs_reversed=[calculation])


def test_documents_from_tasks():
    (document,) = relaxations_of([task()], [rock_salt()], ["LiCl"], [2], max_force=0.1, max_stress=1.0)
    assert document.formula == "LiCl"
    assert document.energy_per_atom == pytest.approx(-27.2 / 8)
    assert document.volume_per_formula == pytest.approx(1.02 * 5.13**3 / 4)
    assert document.volume_change == pytest.approx(0.02)
    assert document.max_force == pytest.approx(0.01 * 3**0.5)
    assert document.max_stress == pytest.approx(0.2)  # 2 kbar
    assert document.degeneracy == 2
    assert document.level_of_theory == LEVEL
    assert (LEVEL.method, LEVEL.corrections, LEVEL.weights_sha256) == ("DFT", "none", None)


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
        relaxations_of([task(**change)], [rock_salt()], ["LiCl"], [1], max_force=0.1, max_stress=1.0)


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
        relaxation_flow(VaspRelaxMaker(), [rock_salt()], ["a", "b"], [1])
