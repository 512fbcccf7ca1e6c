# The whole life of a checkout: `make demo` to see it work, `make test` to prove it.
.POSIX:
.PHONY: setup demo serve check test leaks fuzz bench docs compatibility interop lock clean

# For another one: make clean, then make demo PYTHON=python3.12
PYTHON ?= python3
BIN = .venv/bin
SCRIPTS = scripts/diagrams scripts/compatibility scripts/interop
SECONDS = 60
TARGETS = message uri via digest framer sdp rtp rtcp stun
# Compiles the media engine where its sources have changed, before anything waits for it.
WARM = $(BIN)/python -m media.engine.warm

setup: .venv/dev.done            ## everything a developer needs
	$(WARM)
.venv/demo.done: requirements/demo.txt pyproject.toml scripts/setup
	scripts/setup $(PYTHON) demo
.venv/dev.done: requirements/dev.txt pyproject.toml scripts/setup
	scripts/setup $(PYTHON) dev
.venv/fuzz.done: .venv/dev.done requirements/fuzz.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		--only-binary :all: --requirement requirements/fuzz.txt
	touch $@

demo: .venv/demo.done            ## the main job once, for real, on loopback
	$(WARM)
	$(BIN)/cordboard demo

serve: .venv/demo.done           ## the gateway for good
	$(WARM)
	$(BIN)/cordboard serve

check: .venv/dev.done            ## style and types
	$(BIN)/ruff check . $(SCRIPTS)
	$(BIN)/ruff format --check . $(SCRIPTS)
	$(BIN)/mypy
	$(BIN)/mypy scripts/diagrams
	$(BIN)/mypy scripts/compatibility
	$(BIN)/mypy scripts/interop

test: .venv/dev.done             ## the whole test suite
	$(WARM)
	scripts/test-peers
	$(BIN)/python -m pytest

leaks: .venv/dev.done            ## the same, slower, where whatever is left open fails it
	$(WARM)
	scripts/test-peers
	scripts/leaks

fuzz: .venv/fuzz.done            ## every fuzz target for SECONDS
	for target in $(TARGETS); do NUMBA_DISABLE_JIT=1 $(BIN)/python -m tests.fuzz.fuzz_$$target $(SECONDS) || exit; done

bench: .venv/dev.done            ## the figures, as a table of ratios
	$(WARM)
	$(BIN)/python -m tests.bench

docs: .venv/dev.done             ## docs/states.md and docs/sip-codes.md, drawn from the tables in the code
	$(BIN)/python scripts/diagrams
	$(BIN)/python scripts/sip-codes

compatibility: .venv/dev.done    ## the tables of docs/compatibility.md, from what the tests prove
	$(WARM)
	scripts/test-peers
	$(BIN)/python -m pytest tests/contract tests/interop --compatibility .compatibility.json
	PYTHONPATH=. $(BIN)/python scripts/compatibility .compatibility.json

interop: .venv/dev.done          ## the table of docs/interop.md, from what the tests prove
	$(WARM)
	scripts/test-peers
	$(BIN)/python -m pytest tests/interop/stacks --interop .interop.json
	PYTHONPATH=. $(BIN)/python scripts/interop .interop.json

lock: .venv/dev.done             ## pin what pyproject.toml and requirements/*.in ask for
	scripts/lock

clean:                           ## what the others have made
	rm -rf .venv .clients .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
	find gateway media signalling tests examples -name __pycache__ -prune -exec rm -rf {} +
