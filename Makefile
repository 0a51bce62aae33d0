# Parlor: everything a newcomer needs is one of these targets. Each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8080
DATA ?= ./parlor-data
MINUTES ?= 10
ROUNDS ?= 20
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEBAPP := src/parlor/api/webapp/index.html
WEB_SOURCES := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help serve test check bench chaos fuzz web screenshots lock clean system

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: .stamps/run $(WEBAPP) ## set up and serve everything on http://localhost:$(PORT)
	@exec $(BIN)/parlor serve --port $(PORT) --data $(DATA) $(ARGS)

test: .stamps/dev system $(WEBAPP) ## set up and run every test: lint, types, layers, unit ... browser
	@tools/run-tests all

check: .stamps/dev .stamps/web ## the quick part of the tests, under 2 minutes
	@tools/run-tests quick

bench: .stamps/dev $(WEBAPP) ## print every published figure beside its baseline
	@$(BIN)/python -m benches

chaos: .stamps/dev system ## people talk while everything dies, ROUNDS (20) on each database
	@ROUNDS=$(ROUNDS) $(BIN)/pytest -q -s tests/flows/test_chaos.py

web: $(WEBAPP) ## build the web app

fuzz: .stamps/dev ## fuzz every parser of hostile bytes, MINUTES (10) each
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

screenshots: .stamps/dev system $(WEBAPP) ## every screen, both sizes, light and dark, en and zh
	@$(BIN)/python -m tools.screenshots

lock: .stamps/dev ## resolve the exact versions in requirements/ anew
	@tools/lock

clean: ## remove everything that the other targets made, but not the data folder
	rm -rf $(VENV) .stamps web/node_modules web/*/node_modules src/parlor/api/webapp dist build
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# --- set-up, incremental: a stamp is as new as what it was made from -------------------------

$(BIN)/python:
	@tools/need-python $(PYTHON)
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

.stamps/run: requirements/run.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@mkdir -p .stamps
	@echo "Installing Python packages (exact versions of requirements/run.txt) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.stamps/dev: requirements/dev.txt .stamps/run
	@echo "Installing development packages (requirements/dev.txt) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Node >= 20 from the machine, otherwise the one that PyPI ships, in the virtual environment.
.stamps/node: requirements/web.txt .stamps/run
	@tools/need-node $(BIN) || { echo "Installing Node (requirements/web.txt) ..."; \
	  $(PIP) install --require-hashes -r requirements/web.txt; }
	@touch $@

.stamps/web: web/package.json web/package-lock.json .stamps/node
	@echo "Installing web packages (web/package-lock.json) ..."
	@cd web && PATH="$$(../tools/node-path):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEBAPP): $(WEB_SOURCES) | .stamps/web
	@echo "Building the web app ..."
	@cd web && PATH="$$(../tools/node-path):$$PATH" npm run --silent build
	@touch $@

system:
	@tools/need-system
