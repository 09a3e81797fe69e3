# make demo   colorize the photos of examples/ and show them on one sheet (sets up .venv by itself)
# make test   the fast tests, two at a time; test-all: every test, one after another, with shapes checked
# make lint   ruff, mypy and the dependency rule
# make coverage   the lines of src that the fast tests run
# make docs   the documentation as a site, in build/docs
# make weights  export the weights that ship, for colorizing without torch
# make bench  times the samplers and the command, and compares ways of enlarging chroma on PHOTOS, a folder of colour photos
#
# PIP_OPTIONS="--extra-index-url https://download.pytorch.org/whl/cpu" installs torch's CPU build.
# CHROMANTIC_DATA is a folder of photos beside the clone.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PIP_OPTIONS ?=
DEMO_OUTPUT ?= demo-output
CHROMANTIC_DATA ?= ../shared/data
PHOTOS ?= $(CHROMANTIC_DATA)/full_resolution

# What computes, whose shapes and types test-all checks as it runs.
SHAPES := chromantic.colour,chromantic.data,chromantic.evaluation,chromantic.exported,chromantic.model,chromantic.paper,chromantic.reference,chromantic.sampling,chromantic.training

BIN := $(VENV)/bin
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed

# Threads that wait for each other sleep instead of spinning: beside a busy process that is ten times faster.
export OMP_WAIT_POLICY ?= passive

.DELETE_ON_ERROR:
.PHONY: demo test test-all coverage lint docs format bench venv weights clean

demo: $(CORE)
	$(BIN)/chromantic sheet examples --samples 3 --output $(DEMO_OUTPUT)/sheet.png

test: $(DEV)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test-all: $(DEV)
	$(BIN)/python -m pytest -m "" --jaxtyping-packages=$(SHAPES),beartype.beartype

coverage: $(DEV)
	rm -rf build/coverage && mkdir -p build/coverage
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest --numprocesses 2 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(DEV)
	$(BIN)/sphinx-build --quiet --builder html --fresh-env --write-all --fail-on-warning --keep-going --nitpicky docs build/docs
	@echo build/docs/index.html

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)
	$(BIN)/python -m benchmarks.sampling
	$(BIN)/python -m benchmarks.command
	$(BIN)/python -m benchmarks.upsampling $(PHOTOS)

venv: $(DEV)

weights: $(DEV)
	for trained in src/chromantic/weights/*.safetensors; do \
	    $(BIN)/chromantic export $$trained $${trained%.safetensors}.chromantic || exit 1; \
	done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e '.[dev]'
	@touch $@ $(CORE)

clean:
	rm -rf $(VENV) $(DEMO_OUTPUT) build .mypy_cache .ruff_cache .pytest_cache
