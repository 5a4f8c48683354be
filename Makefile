# make demo: everything set up, both demo projects run.  make test: everything set up, all tests passed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test check lint browser bench bench-quick clean

demo: $(STAMP)
	$(BIN)/estategap demo --sample district
	$(BIN)/estategap demo --sample helsinki

test: $(STAMP) browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/reach.py
	$(BIN)/python benchmarks/reach.py --growth
	$(BIN)/python benchmarks/service_areas.py
	$(BIN)/python benchmarks/read_osm.py
	$(BIN)/python benchmarks/check.py
	$(BIN)/python benchmarks/offset_rates.py

bench-quick: $(STAMP)
	$(BIN)/python benchmarks/reach.py --quick
	$(BIN)/python benchmarks/service_areas.py --quick

browser: $(STAMP)
	$(BIN)/python tests/install_browser.py

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("estategap needs Python 3.11 or newer; say: make PYTHON=python3.11 …") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) build *.egg-info demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
