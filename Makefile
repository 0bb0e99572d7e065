# Recipes for people and for CI alike.  Needs python3 (3.11 or newer) with venv; nothing else by hand.
# Kept to what make 3.81 (macOS) understands.

PYTHON = python3
BIN = .venv/bin
WORKERS = auto

.PHONY: help demo test test-all check bench clean

help:
	@echo "make demo      make a small phone-like drive, clean it, audit it, say where the report is"
	@echo "make test      the test suite, without the slow tests"
	@echo "make test-all  the whole test suite"
	@echo "make check     linters, types, layers"
	@echo "make bench     speed and memory, as ratios to cp and other tools; wants 30 GB free"
	@echo "make clean     remove what these recipes made"

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("scrubkit needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch .venv/installed

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,decode]"
	touch .venv/installed-dev

demo: .venv/installed
	rm -rf demo
	$(BIN)/scrubkit demo demo

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS)

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/photos.py
	$(BIN)/python benchmarks/stills.py
	$(BIN)/python benchmarks/movie.py
	$(BIN)/python benchmarks/carryover.py
	$(BIN)/python benchmarks/report.py

clean:
	rm -rf .venv demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
