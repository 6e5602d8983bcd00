# Everything a person or a machine does with this checkout. `make help` lists it.
# The set-up itself is app/setup: it runs with the system's Python and needs nothing else.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
PYTEST_ARGS ?=
PARALLEL := -n auto --maxprocesses 4 --dist worksteal
AT_150 := first-run workspace what-the-model-sees problems versions
PYTHONS ?= python3.11 python3.12 python3.13
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --no-header --quiet --group setup

.DEFAULT_GOAL := help
.PHONY: help run setup test test-long test-all check pytest bench screenshots package lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: ## set up what is missing, then open the window (ARGS="…" are passed on)
	@$(PYTHON) -m app.setup --venv $(VENV) run -- $(ARGS)

setup: ## set up with the tools of development, start nothing
	@$(PYTHON) -m app.setup --venv $(VENV) dev

check: setup ## lint, format and types only
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

test: check ## everything that has to be green: lint, format, types, and all tests with reduced counts
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report= $(PYTEST_ARGS) </dev/null

test-long: check ## the same with full counts and the on-device model
	$(BIN)/python -m pytest $(PARALLEL) --long --timeout=1800 -o faulthandler_timeout=1800 --cov --cov-report= $(PYTEST_ARGS) </dev/null

test-all: ## the tests on each installed Python of 3.11, 3.12 and 3.13, each in an environment of its own
	@set -e; for python in $(PYTHONS); do \
		status=0; $(PYTHON) -m app.setup --venv .venv-$$python --python $$python dev || status=$$?; \
		if [ $$status = 3 ]; then echo "== $$python is not installed here; left out"; continue; fi; \
		[ $$status = 0 ] || exit $$status; \
		echo "== $$python"; .venv-$$python/bin/python -m pytest $(PARALLEL) -q $(PYTEST_ARGS) </dev/null; \
	done

bench: setup ## measure and print the tables (ARGS="--write" puts them into docs/benchmarks.md)
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: setup ## take the pictures of docs/screenshots anew
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.screenshots $(ARGS)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.screenshots --scale 150 --only $(AT_150) $(ARGS)

package: setup ## build the program with PyInstaller and try it (dist/)
	$(BIN)/python -m app.setup.package
	$(BIN)/python -m pytest -m package tests/package </dev/null

lock: setup ## renew requirements.txt and requirements-dev.txt from pyproject.toml
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --upgrade --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove what was built or cached; .venv too
	rm -rf .venv .venv-* build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis bough.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
