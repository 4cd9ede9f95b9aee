# Everything is set up inside the checkout, on first use and again only when its inputs change.
# PYTHON=/path/to/python3 chooses the interpreter; PYTEST_ARGS and BENCH_ARGS are handed on.

PYTEST_ARGS ?=
BENCH_ARGS ?=
BIN = .venv/bin
PYTEST = $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
QUICK = tests/unit tests/integration tests/contract $(addprefix tests/docs/test_,pages.py recipes.py reference.py)

.NOTPARALLEL:
.PHONY: help demo quick check test lint bench clean

help:
	@echo 'make demo    a tour of landed on embedded databases, no network, no configuration'
	@echo 'make quick   the inner loop: tests that start no server and no client, a minute or two'
	@echo 'make check   lint, then all unit and integration tests but those of the real clients'
	@echo 'make test    lint, then every test, with the real wrangler as oracle (PYTEST_ARGS="-k …")'
	@echo 'make lint    ruff, mypy, import contracts'
	@echo 'make bench   whole-process measurements (BENCH_ARGS="…")'
	@echo 'make clean   remove everything that set-up and tests left here'

demo:
	@sh scripts/setup run
	@$(BIN)/landed demo

# The inner loop: no server is started and no real client.
quick:
	@sh scripts/setup test
	@$(PYTEST) -m 'not wrangler and not server' $(QUICK) $(PYTEST_ARGS)

check:
	@sh scripts/setup test
	@$(MAKE) --no-print-directory lint
	@$(PYTEST) -m 'not wrangler' $(QUICK) $(PYTEST_ARGS)

# In the order of the folders: the files with few and long tests come first, the short ones fill up the end.
test:
	@sh scripts/setup test
	@$(MAKE) --no-print-directory lint
	@$(PYTEST) $(PYTEST_ARGS)

lint:
	@sh scripts/setup dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter

bench:
	@sh scripts/setup test
	@$(BIN)/python bench/run.py $(BENCH_ARGS)

clean:
	rm -rf .venv .cache node_modules build dist .hypothesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
