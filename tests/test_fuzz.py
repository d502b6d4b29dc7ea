"""Files that a user or a crash may have spoiled, at random: every parser answers, or says what is wrong in one line.

Each case edits a good file in a few places (bytes, numbers, words that parsers stumble over) or is random altogether.
The command line turns SelflimitError and OSError into one line and exit code 2; anything else would be a traceback.
"""

import base64
import hashlib
import json
import warnings
from argparse import Namespace
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monty.json import MontyEncoder
from PIL import Image

from selflimit import __version__
from selflimit.errors import InputError, SelflimitError

CASES = {"fast": 500, "slow": 20_000}

NASTY = [
    b"", b"nan", b"-inf", b"1e999", b"-1", b"0", b"99999999999999999999", b"../../x", b"data_../../x", b"loop_",
    b"\x00", b"\xff\xfe", "Å³".encode(), b"'", b'"', b";", b"[", b"]", b"{", b"}", b"null", b"true", b"?", b".", b",",
    b"\n", b"Xx", b"Li", b"1/0", b"x,y,z", b"__class__", b"@module", b"os", b"system", b"(", b"1(2)", b" ", b"\t",
    b"P1", b"0.5",
]  # fmt: skip
"""Words that parsers stumble over."""

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(NASTY), st.binary(max_size=4))), max_size=6
)


def edited(seed, changes):
    """``seed`` with pieces replaced: place (share of the length), how many bytes go, what comes instead."""
    for place, gone, new in changes:
        start = int(place * len(seed))
        seed = seed[:start] + new + seed[start + gone :]
    return seed


CIF = b"""data_parent
_symmetry_space_group_name_H-M 'P -3 m 1'
_cell_length_a 10.97
_cell_length_b 10.97
_cell_length_c 5.96
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
loop_
_space_group_symop_operation_xyz
'x,y,z'
'-x,-y,-z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.333 0.25 0.5 0.5
Zr1 Zr 0 0 0 1
Cl1 Cl 0.11 0.22 0.77(3) 1
"""
POSCAR = b"""LiCl
1.0
5.1 0 0
0 5.1 0
0 0 5.1
Li Cl
2 1
Direct
0 0 0
0.5 0.5 0
0.5 0.5 0.5
"""


def archive():
    """A checkpoint with one array."""
    from selflimit.mesoscale.growth.checkpoint import FORMAT

    header = {"format": FORMAT, "selflimit": __version__, "configuration": {}, "run": {"xi": "array:xi"}, "arrays": {}}
    file = BytesIO()
    np.savez(file, header=np.array(json.dumps(header)), xi=np.zeros((4, 4)))
    return file.getvalue()


def entries():
    from pymatgen.core import Lattice, Structure
    from pymatgen.core.entries import ComputedStructureEntry

    crystal = Structure(Lattice.cubic(5.1), ["Li", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    level = {"level_of_theory": {"method": "DFT", "model": "PBE", "weights_sha256": None, "corrections": "none"}}
    return json.dumps([ComputedStructureEntry(crystal, -7.0, entry_id="mp-1", parameters=level).as_dict()]).encode()


def fields():
    file = BytesIO()
    np.savez(file, xi=np.zeros((4, 6)), c=np.ones((4, 6), dtype=np.float32))
    return file.getvalue()


def flow():
    from jobflow import Flow

    from selflimit.workflows import InterfaceMaker

    return json.dumps(Flow([InterfaceMaker().find_particle()]), cls=MontyEncoder).encode()


def started():
    from selflimit.workflows.running.folder import Started

    return Started(through="report", store="mongodb://me:***@host/db").model_dump_json().encode()


def provenance():
    job = {"name": "lowest", "uuid": "a", "seconds": 1.5, "reused": False, "finished": "2026-01-01T00:00:00"}
    return json.dumps({"configuration": {}, "jobs": [job, {**job, "uuid": "b"}], "sha256": {}}).encode()


def parameters():
    from selflimit.mesoscale import InterfaceParameters

    return InterfaceParameters().model_dump_json().encode()


LAUNCHPAD = b"""host: mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=1
uri_mode: true
name: x
logdir: null
"""


def picture():
    file = BytesIO()
    Image.fromarray(np.kron([[0, 1], [2, 1]], np.ones((8, 8))).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def configuration():
    from selflimit.run_settings import RunConfiguration

    return json.dumps(
        RunConfiguration(cells=("primitive",), keep=1, k_effs=(0.0,), grid_cells=(64, 96)).data()
    ).encode()


def read_cif(path):
    from selflimit.structures import parent_named

    parent_named(str(path))


def read_poscar(path):
    from selflimit.structures import parent_named

    parent_named(str(path), occupied={"Li": {"Li": 0.5}}, charges={"Li": 1, "Cl": -1})


def read_entries(path):
    from selflimit.phase_diagrams.entries import sources as entries

    entries.read_entries(path)


def read_checkpoint(path):
    from selflimit.mesoscale.growth.checkpoint import CheckpointFile

    CheckpointFile(path, {}).load()


def read_configuration(path):
    from selflimit.workflows.makers.run_flow import saved_configuration

    saved_configuration(path.parent)


def read_document(path):
    from selflimit.workflows.running.provenance import levels_of_theory

    levels_of_theory(path.parent.parent)


def read_fields(path):
    """As whoever knows its hash: a file of another one is refused before it is opened."""
    from selflimit.documents import FieldFile
    from selflimit.files import sha256
    from selflimit.mesoscale import load_fields

    load_fields(path.parent, FieldFile(path=path.name, sha256=sha256(path), arrays={}))


def carried():
    piece = {"base64_bytes": base64.b64encode(b"x" * 30).decode()}
    digest = hashlib.sha256(b"x" * 30).hexdigest()
    return json.dumps({"fields": {"path": "a.npz", "sha256": digest, "arrays": {}, "pieces": [piece]}}).encode()


def read_carried(path):
    from selflimit.workflows import write_files

    try:
        output = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise InputError("no output of a job, which a database gives as data") from None
    write_files(output, path.parent / "out")


def read_flow(path):
    from selflimit.workflows.running.local import saved_flow

    saved_flow(path)


def read_started(path):
    from selflimit.workflows.running.folder import started_run

    started_run(path.parent.parent)


def read_provenance(path):
    from selflimit.workflows.running.execution import record_provenance

    (path.parent / "configuration.json").write_text("{}")
    record_provenance(path.parent, [], "store")


def read_interface_parameters(path):
    from selflimit.cli.verdict import read_parameters

    read_parameters(Namespace(parameters=str(path), interface_width=0.1))


def read_launchpad(path):
    from selflimit.workflows.managers.fireworks import launchpad_of

    pytest.importorskip("fireworks", reason="FireWorks is not installed: pip install fireworks")
    launchpad_of(path)


def read_image(path):
    from selflimit.mesoscale.layers.images import read_labels

    read_labels(path, 2)


PARSERS = {
    "CIF parent": ("x.cif", lambda: CIF, read_cif),
    "POSCAR with occupancies": ("POSCAR", lambda: POSCAR, read_poscar),
    "entries": ("entries.json", entries, read_entries),
    "checkpoint": ("growth.checkpoint", archive, read_checkpoint),
    "configuration": ("configuration.json", configuration, read_configuration),
    "document": ("documents/lowest.json", configuration, read_document),
    "image": ("image.png", picture, read_image),
    "fields": ("growth-fine.npz", fields, read_fields),
    "files of an output": ("output.json", carried, read_carried),
    "flow": ("flow.json", flow, read_flow),
    "how a run was started": (".flows/started.json", started, read_started),
    "provenance": ("provenance.json", provenance, read_provenance),
    "interface parameters": ("parameters.json", parameters, read_interface_parameters),
    "launchpad": ("my_launchpad.yaml", lambda: LAUNCHPAD, read_launchpad),
}
"""File name, a good file, and who reads it."""


def survives(parser, content, folder):
    """Read ``content``; only errors that the command line prints in one line may come."""
    name, _, read = PARSERS[parser]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read(path)
        except (SelflimitError, OSError) as error:
            assert str(error), "an error without a message"


def fuzz(parser, folder, cases):
    seed = PARSERS[parser][1]()
    survives(parser, seed, folder)

    @settings(
        max_examples=cases, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(edits.map(lambda changes: edited(seed, changes)), st.binary(max_size=200)))
    def each(content):
        survives(parser, content, folder)

    each()


FOUND = {
    "a cell of no volume": ("POSCAR with occupancies", [(0.0, 6, b"\n")]),
    "a cell of 10^19 A": ("POSCAR with occupancies", [(0.25, 0, b"99999999999999999999")]),
    "a method of compression that nobody knows": ("checkpoint", [(0.9457631185926851, 1, b"0")]),
}
"""What the long version once found."""

ARCHIVES = ["checkpoint", "fields"]


def changed_in_directory(content, place, value):
    """``content`` with two bytes replaced in every entry of the archive's directory."""
    parts = content.split(b"PK\x01\x02")
    return b"PK\x01\x02".join([parts[0], *(part[:place] + value + part[place + 2 :] for part in parts[1:])])


@pytest.mark.parametrize("case", FOUND)
def test_spoiled_files_that_once_failed(case, tmp_path):
    parser, changes = FOUND[case]
    survives(parser, edited(PARSERS[parser][1](), changes), tmp_path)


@pytest.mark.parametrize("parser", ARCHIVES)
@pytest.mark.parametrize(("place", "value"), [(4, b"\x01\x00"), *((6, bytes([n, 0])) for n in (8, 12, 14, 99))])
def test_archives_said_to_be_encrypted_or_compressed_in_every_way(parser, place, value, tmp_path):
    survives(parser, changed_in_directory(PARSERS[parser][1](), place, value), tmp_path)


@pytest.mark.parametrize("parser", PARSERS)
def test_spoiled_files(parser, tmp_path):
    fuzz(parser, tmp_path, CASES["fast"])


@pytest.mark.slow
@pytest.mark.parametrize("parser", PARSERS)
def test_many_spoiled_files(parser, tmp_path):
    fuzz(parser, tmp_path, CASES["slow"])


def test_the_good_files_are_read(tmp_path):
    """The control: what is edited is right before it is edited."""
    for name, make, read in PARSERS.values():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(make())
        read(tmp_path / name)


@settings(max_examples=CASES["fast"], deadline=None, database=None, derandomize=True)
@given(st.text(alphabet="mongodb+srv:/@?&=%.,-0123456789abcXYZ[]*é ", max_size=40))
def test_strange_database_addresses(text):
    from selflimit.workflows import open_store

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELFLIMIT_STORE_TIMEOUT", "0.001")
        with pytest.raises(SelflimitError):
            open_store("mongodb://127.0.0.1:1" + text)


def test_strange_filters_of_results(tmp_path):
    from selflimit.workflows import open_store, results

    store = open_store(str(tmp_path / "store"))
    words = st.text(max_size=12)

    @settings(max_examples=CASES["fast"], deadline=None, database=None, derandomize=True)
    @given(st.sampled_from(["kind", "formula", "chemsys", "level", "since", "until", "tag", "sort"]), words)
    def each(name, text):
        with suppress(SelflimitError):
            assert results(store, **{name: text}) == []

    each()
