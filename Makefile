PYTHON ?= python3
BIN = .venv/bin

.PHONY: run test test-versions test-all docs

# The main job, from a bare machine to the report in selflimit-run/report.html
run:
	$(PYTHON) tools/bootstrap.py run
	$(BIN)/selflimit run

# All checks, and all tests that do not take minutes each, from a bare machine
test:
	$(PYTHON) tools/bootstrap.py dev
	$(BIN)/python tools/check.py -m "not slow"

# The tests that need no force field, with the oldest versions allowed and on a newer Python
test-versions:
	$(PYTHON) tools/bootstrap.py dev
	$(BIN)/python tools/check_versions.py

# The documentation site in build/site, every notebook run
docs:
	$(PYTHON) tools/bootstrap.py dev
	SELFLIMIT_RUN_NOTEBOOKS=true $(BIN)/mkdocs build --strict

# All checks and every test
test-all:
	$(PYTHON) tools/bootstrap.py dev
	$(BIN)/python tools/check.py
