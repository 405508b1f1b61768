# Two commands on a fresh machine: `make demo` and `make test`.
# TORCH_INDEX=https://download.pytorch.org/whl/cpu selects the CPU wheel where the default is a CUDA build.

PYTHON ?= python3
TORCH_INDEX ?=
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: help install demo test check lint types build/package contracts lock clean

help:
	@echo "make demo   install, then train, compare, backtest and report on real data (offline, under 3 minutes)"
	@echo "make test   install, then the test suite"
	@echo "make check  lint, types and import contracts"
	@echo "make lock   write requirements.lock from the installed environment"

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "headway needs Python >= 3.11, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $$(grep '^torch==' requirements.lock)
	$(BIN)/pip install -q -r requirements.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	$(BIN)/headway demo

test: install
	$(BIN)/python -m pytest -n 2

check: lint types contracts

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Neither mypy nor import-linter follows the import hook of an editable install, so they are shown the
# package as it will be installed: the mapped folders, linked into one.
build/package: install
	@rm -rf $@ && mkdir -p $@/headway
	@ln -s $(CURDIR)/platform/headway/* $@/headway/
	@ln -s $(CURDIR)/domains $(CURDIR)/pipelines $(CURDIR)/configs $@/headway/

types: build/package
	MYPYPATH=build/package $(BIN)/mypy -p headway

contracts: build/package
	PYTHONPATH=build/package $(BIN)/lint-imports

lock: install
	{ echo "# Written by 'make lock'; torch is installed first, see the Makefile."; \
	  $(BIN)/pip freeze --all --exclude-editable | grep -v '^pip==' | sed 's/^torch==\([0-9.]*\).*/torch==\1/'; } > requirements.lock

clean:
	rm -rf .venv build dist *.egg-info
