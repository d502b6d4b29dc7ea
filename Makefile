PYTHON ?= python3
BIN = .venv/bin

.PHONY: run test lint setup

# The main job, from a bare machine to the report in selflimit-run/report.html
run:
	$(PYTHON) tools/bootstrap.py run
	$(BIN)/selflimit run

# All checks and tests, from a bare machine
test:
	$(PYTHON) tools/bootstrap.py dev
	$(BIN)/python tools/check.py
