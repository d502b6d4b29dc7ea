"""The documentation site: it builds without a warning, and has a page for everything that a face exports."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site, notebooks shown but not run."""
    pytest.importorskip("mkdocs", reason="pip install 'selflimit[docs]'")
    pytest.importorskip("mkdocs_jupyter", reason="pip install 'selflimit[docs]'")
    pytest.importorskip("mkdocstrings", reason="pip install 'selflimit[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_exported_name_has_an_entry_in_the_reference(site):
    from docs_site import FACES, exported

    for face in FACES:
        page = (site / "reference" / face / "index.html").read_text()
        missing = [place for place in exported(face).values() if f'id="{place}"' not in page]
        assert missing == []


def test_every_notebook_is_a_page(site):
    for path in (ROOT / "docs" / "notebooks").glob("*.py"):
        assert (site / "notebooks" / path.stem / "index.html").exists()


def test_nothing_of_the_site_asks_for_a_font():
    assert "font: false" in (ROOT / "mkdocs.yml").read_text()


def test_the_glossary_has_forty_words_in_order():
    rows = re.findall(r"^\| \*\*([^*]+(?:\*[^*]+)?)\*\* \|", (ROOT / "docs" / "glossary.md").read_text(), re.M)
    assert len(rows) >= 40
    words = [re.sub(r"\W", "", row).lower() for row in rows]
    assert all(before < after for before, after in pairwise(words))
    assert all(
        any(word in row for row in rows) for word in ("K_eff", "pool", "superperiodic", "retained fraction", "LZC-A")
    )
