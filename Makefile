# Everything runs in .venv, made from nothing by the first target that needs it.
# Needed beforehand: Python 3.11 or later with venv, gcc, a package index.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
MINUTES ?= 3
LOG ?= resnet50.jsonl
RUN ?= runs/paper
PEERS_PYTHON ?= $(BIN)/python
RESNET50 = $$($(BIN)/python -c 'import onnx, pathlib; print(pathlib.Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx")')

.PHONY: venv tune bench test quick check format clean

venv: $(INSTALLED)

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Tune the ResNet-50 that the onnx package carries; again: go on where it stopped.
tune: $(INSTALLED)
	$(BIN)/tvmtune tune "$(RESNET50)" --minutes $(MINUTES) --log $(LOG)
	$(BIN)/tvmtune best $(LOG)

# Tune the table of benchmarks/ beside the peers and report; again: go on where it stopped.
bench: $(INSTALLED)
	$(BIN)/python -m benchmarks run $(RUN) --peers-python $(PEERS_PYTHON) --out docs/benchmarks.md

test: check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage json --quiet -o .coverage.json
	$(BIN)/python tests/coverage_thresholds.py .coverage.json

# What fails fast: no coverage, no slow tests.
quick: $(INSTALLED)
	$(BIN)/python -m pytest -q -x -m "not slow"

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
