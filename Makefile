# Everything a person types. `make help` lists it.

SHELL := /bin/sh
PYTHON_IN_VENV := .venv/bin/python
WORKERS ?= auto
PYTEST_ARGS ?=
BENCH_ARGS ?=
API_CASES ?= 50000
UV ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run stop demo-reset test lint types checks nightly mutants bench bench-desk bench-doors screenshots lock runtime dev

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: runtime ## start everything here and print the address and the demo sign-ins (PORT=8000)
	@exec $(PYTHON_IN_VENV) -m helpdesk.run start

stop: ## stop what `make run` started, from another terminal
	@test -x $(PYTHON_IN_VENV) || { echo "Nothing runs here. Start it with \`make run\`."; exit 1; }
	@$(PYTHON_IN_VENV) -m helpdesk.run stop

demo-reset: runtime ## drop all data of the embedded database and load the demo data again
	@$(PYTHON_IN_VENV) -m helpdesk.run demo-reset

test: dev lint types checks ## lint, types, import rules, migrations, translations and all tests (WORKERS=2 PYTEST_ARGS=…)
	@$(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal -q $(PYTEST_ARGS)

lint: dev ## style and import rules
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

types: dev ## types, strict on the pure cores
	$(PYTHON_IN_VENV) -m mypy

checks: dev ## missing migrations, translations, clause index, terms
	@$(PYTHON_IN_VENV) -m helpdesk.catalogues
	$(PYTHON_IN_VENV) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PYTHON_IN_VENV) manage.py translations --check
	$(PYTHON_IN_VENV) manage.py terms lint
	$(PYTHON_IN_VENV) manage.py clauses > /dev/null

nightly: dev ## the long runs: more examples, longer outages and more kills, 50,000 calls of the API (API_CASES=…), every mutant
	HYPOTHESIS_PROFILE=nightly HELPDESK_LONG_RUNS=1 HELPDESK_API_CASES=$(API_CASES) $(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --maxprocesses 4 -q $(PYTEST_ARGS)
	$(MAKE) mutants

mutants: dev ## break the rules one by one and show that a test notices each
	$(PYTHON_IN_VENV) tests/mutants.py

bench: ## business time side by side with what others offer (BENCH_ARGS=--all)
	@requirements/install.sh bench
	@$(PYTHON_IN_VENV) bench/business_time.py $(BENCH_ARGS)

bench-desk: runtime ## how fast the desk is on 10,000 and 100,000 tickets (BENCH_ARGS="--only queue,ticket --json FILE")
	@$(PYTHON_IN_VENV) bench/desk.py $(BENCH_ARGS)

bench-doors: runtime ## whether a refused sign-in tells by its time who has an account (BENCH_ARGS="--rounds 100")
	@$(PYTHON_IN_VENV) bench/doors.py $(BENCH_ARGS)

screenshots: dev ## pictures of the pages into screenshots/, which git ignores
	$(PYTHON_IN_VENV) -m tests.screenshots

lock: ## resolve requirements/*.in again (needs uv)
	cd requirements && $(LOCK) -o runtime.txt runtime.in
	cd requirements && $(LOCK) -c runtime.txt -o dev.txt dev.in
	cd requirements && $(LOCK) -c runtime.txt -o bench.txt bench.in

runtime:
	@requirements/install.sh runtime

dev:
	@requirements/install.sh dev
