# Two commands on a fresh machine: `make demo`, `make test`. Python 3.11+, make and git are all they need.
PYTHON ?= python3
PORT ?= 3000
VENV := .venv
BIN := $(VENV)/bin
export RETRAIN_HOME ?= $(CURDIR)/.home
export DAGSTER_HOME ?= $(RETRAIN_HOME)/dagster
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false

.PHONY: demo demo-live dev test check lint format types imports tests definitions lock clean
.DEFAULT_GOAL := demo

demo: $(VENV)/installed ## Play flight_delay through its year; again plays only what is new
	@$(BIN)/python -m retrain_platform.demo

demo-live: $(VENV)/installed ## Flights as live traffic: a good model takes over, a bad one goes back by itself (about 4 minutes)
	@RETRAIN_HOME=$(RETRAIN_HOME)/live $(BIN)/python -m retrain_platform.demo live

dev: $(VENV)/installed ## The Dagster UI on the kept history, sensors running
	@$(BIN)/python -c "from retrain_platform.defs.play import instance; instance()"
	@$(BIN)/dagster dev --workspace workspace.yaml --port $(PORT)

test: $(VENV)/installed ## All tests; a thread each, as two workers share two cores; a file is one worker's: some roads go on from test to test
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile

check: lint types imports definitions tests ## Everything that must be green before a stop

lint: $(VENV)/installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

format: $(VENV)/installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(VENV)/installed
	@$(BIN)/mypy

imports: $(VENV)/installed
	@$(BIN)/lint-imports --no-cache

definitions: $(VENV)/installed # on an instance of its own that is forgotten: a fresh clone has no DAGSTER_HOME yet
	@env -u DAGSTER_HOME $(BIN)/dagster definitions validate --workspace workspace.yaml --log-level warning
	@env -u DAGSTER_HOME $(BIN)/dg check yaml

tests: test

$(VENV)/installed: requirements.lock pyproject.toml
	@echo "Setting up $(VENV) from requirements.lock (a few minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: ## Pin anew, within pyproject.toml
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --extra demo --extra tune --extra fairness --extra replay-peers --extra serve --extra notify --extra postgres --extra dev --no-strip-extras --allow-unsafe \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header -o requirements.lock pyproject.toml

clean: ## Forget the demo's history (not the environment)
	rm -rf .home
