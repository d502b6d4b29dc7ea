"""Stores: opened, refused, and never with a password in what is said."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selflimit.errors import InputError
from selflimit.workflows import open_store
from selflimit.workflows.stores.opening import redact


def test_a_missing_store_is_not_made_by_asking(tmp_path):
    with pytest.raises(InputError, match="no results at"):
        open_store(str(tmp_path / "none"), must_exist=True)
    assert not (tmp_path / "none").exists()


def test_an_absent_server_is_one_clear_error_without_the_password(monkeypatch):
    monkeypatch.setenv("SELFLIMIT_STORE_TIMEOUT", "0.3")
    with pytest.raises(InputError) as caught:
        open_store("mongodb://user:secret@127.0.0.1:1/db")  # port 1: nothing listens there
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


@given(st.text(alphabet="abcXYZ019%._~-", min_size=1), st.sampled_from(["mongodb", "mongodb+srv"]))
def test_no_password_survives_redaction(password, scheme):
    assert f":{password}@" not in redact(f"{scheme}://user:{password}@host:27017/db")


def test_no_password_of_a_file_or_token_survives_redaction():
    uri = (
        "mongodb://u:p@ss/w:rd@h/db?tlsCertificateKeyFilePassword=abc&authMechanismProperties=AWS_SESSION_TOKEN:def,x:1"
    )
    for secret in ("p@ss", "w:rd", "abc", "def"):
        assert secret not in redact(uri)
    assert "@h/db" in redact(uri)


def test_documents_refuse_nan(made):
    with pytest.raises(ValueError, match="finite"):
        made.decomposition(float("nan"), 0.0)


def test_a_store_whose_maker_was_killed_in_the_midst_is_whole_again(tmp_path):
    """Montydb writes its settings, then a file, then the table in it: what a kill can leave between them."""
    where = tmp_path / "store"
    (where / "db").mkdir(parents=True)
    (where / ".monty.storage").write_text("")
    (where / "monty.storage.cfg").write_text("")
    (where / "db" / "outputs.collection").write_bytes(b"")
    store = open_store(str(where))
    store.update({"uuid": "a", "index": 1, "output": 1})
    assert open_store(str(where)).get_output("a") == 1


def test_a_store_that_cannot_be_written_is_one_clear_error(tmp_path):
    store = open_store(str(tmp_path / "store"))
    store.update({"uuid": "a", "index": 1, "output": 1})
    [file] = (tmp_path / "store" / "db").glob("outputs.collection")
    file.write_bytes(b"this is no database" * 1000)
    with pytest.raises(InputError, match=r"could not be used \(file is not a database\)"):
        store.update({"uuid": "b", "index": 1, "output": 1})
    with pytest.raises(InputError, match="could not be used"):
        list(store.query({}))


def test_whoever_opens_a_folder_finds_its_tables(tmp_path):
    """Another process may use a store between the making of a file and of the table in it, so they are made in one."""
    open_store(str(tmp_path / "store"))
    for file in (tmp_path / "store").rglob("*.collection"):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    assert len(list((tmp_path / "store").rglob("*.collection"))) == 2
