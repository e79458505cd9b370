# make demo and make test set up all they need in a venv of their own (.venv); nothing else is touched.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
WORKERS ?= 2
READY   = $(VENV)/.ready

.PHONY: demo test test-slow lint types contracts check bench lock package wheels clean

demo: $(READY)
	$(BIN)/kubesieve demo --once

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --dist worksteal

test-slow: $(READY)
	HYPOTHESIS_PROFILE=slow $(BIN)/python -m pytest tests/exposition tests/sieve tests/kubelet --timeout=1200

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

check: lint types contracts test

bench: $(READY)
	$(BIN)/python bench/filter_throughput.py
	$(BIN)/python bench/json_throughput.py
	$(BIN)/python bench/gateway_throughput.py
	$(BIN)/python bench/many_tenants.py 10 8

package: $(READY)
	$(BIN)/python -m build

# A wheel for each Python and libc, each built and tried in a container of its own: needs docker or podman.
wheels: $(READY)
	$(BIN)/python -m pip install --quiet cibuildwheel
	$(BIN)/cibuildwheel --platform linux --output-dir dist

lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --extra dev --output-file requirements.lock pyproject.toml

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "kubesieve needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
