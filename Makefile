# Penstock. `make run` starts it, `make test` tests it; both set everything up by themselves.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python that is new enough; bootstrap says so if it is not.
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3.12 python3.13 python3; do \
	if command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then command -v $$name; exit; fi; done; command -v python3 || echo python3)
endif
PORT ?= 8000
HOST ?= 127.0.0.1
ARGS ?=
VENV := .venv/bin
SETUP := $(PYTHON) pipelines/config/bootstrap.py

.PHONY: help run test bench bench-ui faults build lint openapi clean python setup develop

help: ## what there is
	@echo "Penstock: draw pipelines, run them, watch them live."
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1|/' | \
		awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo "  make run takes PORT=8000 HOST=127.0.0.1 PYTHON=/path/to/python3.11; data lies in PENSTOCK_HOME (.penstock)"

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Penstock needs Python 3.11 or newer; here is: $$($(PYTHON) --version 2>&1 || echo none)." >&2; \
		echo "Install one (on Debian 12 and later: apt-get install python3 python3-venv), or name" >&2; \
		echo "yours: make run PYTHON=/path/to/python3.11" >&2; exit 1; }

setup: python
	@$(SETUP) run

develop: python
	@$(SETUP) develop

run: setup ## set everything up and start Penstock
	@exec $(VENV)/python manage.py up --host $(HOST) --port $(PORT) $(ARGS)

test: develop ## every test: linters, types, units, both databases, browser (ONLY="unit e2e" for some)
	@$(VENV)/python -m tests.suite $(ONLY)

bench: develop ## measure speed and memory on SQLite and PostgreSQL (ARGS="postgres chain40" for some)
	@$(VENV)/python -m bench $(ARGS)

bench-ui: develop ## measure the editor in Chromium, beside the bare renderer
	@$(VENV)/python -m bench.ui

faults: develop ## break everything under load and look at what is left (ARGS="--seed 7 --minutes 10")
	@$(VENV)/python -m tests.faults $(ARGS)

build: setup ## set up and build the front end, start nothing

lint: develop ## linters, types and layers alone
	@$(VENV)/python -m tests.suite lint types layers frontend

openapi: develop ## write docs/openapi.json and the front end's types from the code
	@$(VENV)/python manage.py spectacular --format openapi-json --file docs/openapi.json --validate --fail-on-warn
	@$(SETUP) npm run --silent types

clean: ## remove what was built and installed; data and the lock files stay
	rm -rf .venv .tools static/app frontend/node_modules test-artifacts \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find pipelines tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
