# make help lists the targets. Set-up is scripts/setup.py; it only does what is not done yet.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test web lint lock bench screenshots soak clean setup-run setup-test

BIN := .venv/bin
SETUP = python="$$(PYTHON='$(PYTHON)' scripts/find_python.sh)" && "$$python" scripts/setup.py

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

run: setup-run ## set up, then start everything and print the address to open (options: ARGS="--port 9000")
	@exec $(BIN)/lrcp up $(ARGS)

test: setup-test ## set up, then linters, types, the web app's tests and pytest (options of pytest: ARGS="-k state")
	@$(BIN)/python scripts/check.py $(ARGS)

lint: setup-test ## the linters and types of `make test`, without the tests
	@$(BIN)/python scripts/check.py --no-tests

web: ## build the web app into src/lrcp/web/static
	@$(SETUP) web

lock: setup-test ## resolve the lock files anew from pyproject.toml and requirements/*.in
	@$(BIN)/python scripts/lock.py $(ARGS)

bench: setup-test ## every benchmark; each prints its figures
	@for file in $$(grep -l __main__ benchmarks/*.py); do echo "== $$file"; \
	    $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; done

screenshots: setup-test ## the pictures of the documentation, taken anew from a running system
	@LRCP_SCREENSHOTS=docs/images $(BIN)/python -m pytest -q tests/e2e/test_first_look.py tests/e2e/test_web_monitors.py

soak: setup-test ## the long tests: full fuzz, twenty kills, ... (LRCP_FUZZ_N sets the number of mutations)
	@LRCP_FUZZ_N="$${LRCP_FUZZ_N:-1000000}" $(BIN)/python -m pytest -m soak --timeout 7200 $(ARGS)

clean: ## remove what set-up and builds made; .lrcp (the data) stays
	rm -rf .venv .venv-ddapm build dist web/node_modules src/lrcp/web/static .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results

setup-run:
	@$(SETUP) run

setup-test:
	@$(SETUP) test
