# Everything a person does with this repository. `make` alone lists it.
# `make demo` and `make test` are the two commands of the README; both work on a fresh machine.

SHELL := /bin/bash
CARGO ?= cargo
DEMO_ARGS ?=
# One set of features for every test: with another one Cargo compiles half of the dependencies again.
TEST := --workspace --features fidance-engine/sql,fidance-engine/cluster --locked
# And one compilation for lints and tests: clippy's compiler makes the tests, so that nothing is compiled a second time
# only to be checked. This is what `cargo clippy` sets, but for `check` in place of `build`.
CLIPPY_DRIVER := $(shell rustc --print sysroot 2>/dev/null)/bin/clippy-driver
clippy unit clients api e2e: export RUSTC_WORKSPACE_WRAPPER := $(CLIPPY_DRIVER)
clippy unit clients api e2e: export CLIPPY_ARGS := -Dwarnings__CLIPPY_HACKERY__

.PHONY: help demo build ui test check fmt clippy unit clients api engine engine-lints e2e deny schema guide table shots bench bench-report bench-serve bench-attribution bench-planted readers clean

help: ## List the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 12

demo: build ## Build, simulate a shop of 40,000 customers over 30 months, open the barometer
	target/release/fidance demo $(DEMO_ARGS)

build: ui ## Build target/release/fidance, the interface included
	$(CARGO) build --release --locked

ui: crates/web/ui/dist/.built ## Build the interface (scripts and styles that the binary embeds)

UI_SOURCES := $(shell find crates/web/ui -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print)
crates/web/ui/dist/.built: $(UI_SOURCES)
	@scripts/need node
	cd crates/web/ui && npm ci --no-audit --no-fund --loglevel=error && npm run --silent check && npm run --silent build
	@touch $@

test: check unit clients api e2e ## Run every check and test: what CI runs

check: ui fmt clippy deny ## Formatting, lints, licences, dependency direction
	scripts/check-direction

fmt: ## Check the formatting
	$(CARGO) fmt --all --check

clippy: ui ## Lints, warnings refused; compiles the tests
	@scripts/lints-refuse
	$(CARGO) test $(TEST) --no-run

unit: ui ## Unit, property, integration and documentation tests, those of the query engine included
	@scripts/need postgres || echo "skipped: the store's tests on PostgreSQL"
	scripts/unit-tests $(TEST)

clients: ui e2e/clients/.venv/.installed ## Official clients of Segment, RudderStack, PostHog and Snowplow send to the server
	@scripts/need node
	@# The binary of the tests, as for e2e.
	$(CARGO) test $(TEST) --no-run --quiet
	cd e2e/clients && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && .venv/bin/python test.py

e2e/clients/.venv/.installed: e2e/clients/requirements.txt
	@scripts/need python
	python3 -m venv --clear e2e/clients/.venv
	e2e/clients/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

api: ui e2e/api/.venv/.installed ## Schemathesis examines the API by its own description
	$(CARGO) test $(TEST) --no-run --quiet
	cd e2e/api && .venv/bin/python test.py

e2e/api/.venv/.installed: e2e/api/requirements.txt
	@scripts/need python
	python3 -m venv --clear e2e/api/.venv
	e2e/api/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

engine: ## Tests of the query engine alone
	$(CARGO) test -p fidance-engine --features sql,cluster --locked

engine-lints: ## Lints of the query engine, and of the commands that need it
	$(CARGO) clippy -p fidance-engine -p fidance --features fidance-engine/sql,fidance-engine/cluster,fidance/sql,fidance/cluster --all-targets --locked -- -D warnings

e2e: ui ## Browser tests against the demo shop
	@scripts/need node chromium
	@# The binary of the tests: a plain build would compile half of the dependencies again with other features.
	$(CARGO) test $(TEST) --no-run --quiet
	cd e2e && npm ci --no-audit --no-fund --loglevel=error && FIDANCE_E2E_SERVER="target/debug/fidance demo --no-open --port 8319" npx playwright test

deny: ## Licences and advisories of the dependencies, where cargo-deny is installed
	scripts/deny

schema: ui ## Write the schemas and docs/openapi.json anew from the types
	UPDATE_SCHEMA=1 $(CARGO) test --locked -p fidance --test it schema

guide: ui ## Write the parts of docs/guide that come from tests and tables, and docs/schemas
	UPDATE_GUIDE=1 $(CARGO) test --locked -p fidance-domain --test it vocabulary
	UPDATE_GUIDE=1 $(CARGO) test --locked -p fidance --test it bad_input

table: ## Write docs/statistics/results/reference.md anew: published numbers beside ours, from the data of FIDANCE_DATA
	UPDATE_TABLE=1 $(CARGO) test --locked -p fidance-stats --test it the_reference_table

shots: build ## Take the screenshots of docs/images: every page, both languages, desktop and phone
	@scripts/need node chromium pngquant
	cd e2e && npm ci --no-audit --no-fund --loglevel=error && FIDANCE_E2E_SHOTS=../docs/images npx playwright test pages
	pngquant --force --ext .png --speed 1 --strip 64 docs/images/*.png

bench: build ## Measure the lake against chdb, DuckDB, Polars and DataFusion on 20 million events, about 15 minutes
	$(CARGO) build --release --locked -p fidance-lake --example questions
	python3 bench/lake.py

bench-report: build ## Measure the report on 1, 10 and 50 million events
	python3 bench/report.py

bench-serve: build ## Measure the server under load, on SQLite and on PostgreSQL, about 10 minutes
	$(CARGO) build --release --locked -p fidance --example load
	python3 bench/serve.py

bench-attribution: build ## Count what is blamed on events that did nothing, on 210 simulated shops, about half an hour
	python3 bench/attribution.py

bench-planted: build ## Count what is found of what was planted in the demo shop, on 60 other seeds, about a quarter of an hour
	python3 bench/planted.py

readers: build ## Compare a lake's tables with deltalake, Polars and DuckDB
	python3 bench/readers.py

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf crates/web/ui/dist crates/web/ui/node_modules e2e/node_modules e2e/clients/node_modules e2e/clients/.venv e2e/api/.venv
