"""A command line in a folder: what it said, and with which code it ended."""

import io
from contextlib import chdir, redirect_stderr, redirect_stdout

import pytest

from selflimit.cli.main import main


def run(folder, *arguments, code=0):
    """Standard output and standard error of a command line that ends with ``code``; its store is ``store``."""
    spoken, complained = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(folder), redirect_stdout(spoken), redirect_stderr(complained):
        patch.setenv("SELFLIMIT_STORE", "store")
        patch.delenv("MP_API_KEY", raising=False)
        assert main(list(arguments)) == code, complained.getvalue()
    return spoken.getvalue(), complained.getvalue()
