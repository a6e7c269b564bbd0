# What a developer types. `make setup` alone makes the environment; the others make it first where it is missing.
PYTHON ?= python3.11
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
PINNED := --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --no-header -q
# what needs no server runs on two workers; what starts servers runs one after the other, so that they start once
ALONE := tests/architecture tests/unit tests/property tests/golden tests/bench
SERVERS := tests/integration tests/flows tests/browser

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all bench check format lint types contracts lock train clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## Make .venv from the hashed lock file

.venv/ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup ## Run the pipeline over a sample set, review gate and all
	$(BIN)/deidflow demo

test: setup ## Run all tests but the long sweeps
	$(PYTEST) $(ALONE) -m "not slow" -n 2
	$(PYTEST) $(SERVERS) -m "not slow"

test-all: setup ## Run every test
	$(PYTEST)

bench: setup ## Run the benchmarks
	$(PYTEST) tests/bench --benchmark-enable --benchmark-only --benchmark-columns=min,median,rounds

check: setup lint types contracts test ## Format, lint, types, contracts, tests

format: setup ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

lock: ## Pin every dependency anew, with hashes and without an index
	uv pip compile pyproject.toml --extra dev $(PINNED) -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra train -c requirements.lock $(PINNED) -o requirements-train.lock

.venv-train/ready: requirements-train.lock
	test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-train.lock
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

train: .venv-train/ready ## Train the shipped models from the corpora in DATA, some hours on one core
	.venv-train/bin/python -m deployments.train --data $(DATA) --out deid_core/models/en_deid_cnn --seed 1 --steps 4200
	.venv-train/bin/python -m deployments.train.encoder --data $(DATA) --gold tests/gold/text \
		--out deid_core/models/en_deid_minilm --seed 1 --steps 2300 --rounds 2
	.venv-train/bin/python -m deployments.train.train_spanish --data $(DATA) --out deid_core/languages/es/model \
		--seed 1 --steps 2000

clean: ## Remove what was made
	rm -rf .venv .venv-train demo .deidflow .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
