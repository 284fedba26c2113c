# make run    set up and open the app
# make test   everything that must hold: format, lint, types, import contracts, doctests, tests
# make bench  speed against references measured in the same run
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# A start of the app or a command is timed and tested as it is for a person: from compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test bench format clean

run: $(VENV)/.run
	@$(BIN)/scaletui $(ARGS)

test: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST)

bench: $(VENV)/.test
	$(BIN)/python bench/run.py $(ARGS)

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("scaletui needs Python 3.11 or later, not " + sys.version.split()[0] + ": make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.run
