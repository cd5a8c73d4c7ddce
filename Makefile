# The commands people type. Each makes the environment first, once: .venv from hash-pinned requirements.
# Nothing here knows how a thing is done; that is in launcher/ and cli/.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
RUN    := $(STAMP)
LOCK   := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint bench chaos soak fuzz simulate defects events sql api screenshots lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | awk -F '\t' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(RUN) ## Make the environment in .venv (done by every other command)

# The stamp is written last: an interrupted installation is begun again.
$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "egraph-streams needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Install it, or: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing; install it (Debian: python3-venv)" >&2; exit 1; }
	@echo "making the environment in $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock || { \
	  echo "the packages could not be installed; look at the network and pip's message above, then run the same command again" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(RUN) ## Run everything on real input: broker, nine agents, sink, console (Ctrl-C ends it)
	@exec $(BIN)/egraph demo $(ARGS)

test: $(RUN) ## Run all tests, those on a real Kafka and in a real browser included
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

quick: $(RUN) ## Run what needs no broker, no browser and less than a minute
	@EGRAPH_HISTORIES=$${EGRAPH_HISTORIES:-1000} $(BIN)/python -m pytest -m "not kafka and not browser and not long" $(ARGS)

lint: $(RUN) ## Check style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(RUN) ## Measure speed and memory as ratios within one run, write docs/benchmarks.md (about half an hour)
	@$(BIN)/python -m tests.benchmarks.run $(ARGS)

chaos: $(RUN) ## Do real faults to a real system for MINUTES (5), check that nothing is lost, write the figures
	@$(BIN)/egraph chaos --minutes $(or $(MINUTES),5) --document docs/reliability.md $(ARGS)

soak: $(RUN) ## Run a local system under steady load for MINUTES (10), print the memory of every process and its slope
	@$(BIN)/python -m tests.benchmarks.bench_soak --minutes $(or $(MINUTES),10) $(ARGS)

fuzz: $(RUN) ## Decode a million mutants of each wire format, then search SECONDS (60) for each, guided by coverage
	@$(BIN)/python -m tests.fuzz.campaign $(ARGS)
	@$(BIN)/python -m pip install --quiet atheris==3.0.0
	@for format in facts gossip-deltas gossip-acks control snapshots; do \
	  $(BIN)/python -m tests.fuzz.guided $$format -max_total_time=$(or $(SECONDS),60) -print_final_stats=1 || exit 1; done

simulate: $(RUN) ## Run 1,000 seeds of whole clusters with faults (about three minutes; make simulate ARGS="--seeds 0..9000")
	@$(BIN)/egraph simulate --seeds 0..1000 $(ARGS)

defects: $(RUN) ## Score the simulator: put each catalogued defect in, count the seeds to find it, write docs/simulation.md
	@$(BIN)/python -m tests.simulation.score $(ARGS)

events: $(RUN) ## Write docs/events.md from the schemas
	@$(BIN)/python -m schemas.describe > docs/events.md

sql: $(RUN) ## Write docs/sql.md from the views and saved queries
	@$(BIN)/python -m analytics.describe > docs/sql.md

api: $(RUN) ## Write docs/api.md from the routes of the console
	@$(BIN)/python -m dash_app.describe > docs/api.md

screenshots: $(RUN) ## Write docs/images from a real demo: every page of the console, dark, light and on a phone
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

lock: $(RUN) ## Resolve the dependencies anew into both requirements files
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/$(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	@$(BIN)/$(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## Remove the environment, demo data and caches
	rm -rf $(VENV) .egraph build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
