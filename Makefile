# Everything a newcomer needs, in one word each. Every target sets up what it needs first; the second time that is quick.
.PHONY: help setup demo run test lint bench
.DEFAULT_GOAL := help

BIN := .venv/bin

help:
	@echo "make demo    set everything up and place real calls through the whole system"
	@echo "make test    set everything up and pass the tests: rules, real SIP calls, layers, types"
	@echo "make run     start Asterisk and the call engine with ./lcr.yaml"
	@echo "make lint    ruff, mypy --strict, import-linter"
	@echo "make bench   measure: on-call look-ups, reading YAML, 1 000 pages, calls against plain Dial() on the same Asterisk"
	@echo "make setup   only set up"

setup:
	@scripts/setup

demo: setup
	@$(BIN)/lcr demo

run: setup
	@scripts/run

test: lint
	@scripts/setup tests
	@scripts/test

lint: setup
	@echo "== lint: ruff, mypy --strict, import-linter"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m bench.oncall
	@$(BIN)/python -m bench.config
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench
