# One command runs it, one passes its tests. Needs Python 3.11 or 3.12 and make; no root.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST := $(PY) -m pytest -q
WITH_SERVERS := $(PY) -m tests.servers
ON_SQLITE := env -u DATABASE_URL -u REDIS_URL
WORKERS ?= 2
FAST := not browser and not proof
CHECK := DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py

.DEFAULT_GOAL := help
.PHONY: help run test proof lint bench lock clean install install-dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Start everything on http://127.0.0.1:8000 (PORT=9000 moves it, EXCHANGE=binance uses the public hosts)
	@exec $(PY) manage.py up

test: install-dev ## All tests but browser and proof: on SQLite, then on PostgreSQL and Redis
	$(ON_SQLITE) $(PYTEST) -n $(WORKERS) -m "$(FAST)"
	$(WITH_SERVERS) $(PYTEST) -n $(WORKERS) -m "$(FAST)"

proof: install-dev ## What takes longer: a real browser, third-party clients, kills (at most 40 minutes)
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(ON_SQLITE) $(PYTEST) -m browser
	$(ON_SQLITE) $(PYTEST) -m "proof and not browser"
	$(WITH_SERVERS) $(PYTEST) -m "proof and not browser"

lint: install-dev ## Style, types, import directions, migrations, OpenAPI
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy monitor volume_trap config simulator
	$(VENV)/bin/lint-imports
	$(CHECK) makemigrations --check --dry-run
	$(CHECK) spectacular --validate --fail-on-warn --file /dev/null

bench: install-dev ## Measure, check the promised speeds, write the table into the README
	$(PY) -m benchmarks.report

LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

lock: install-dev ## Write the hash-locked requirements
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(LOCK) tests/third_party/requirements-official-sdk.in -o tests/third_party/requirements-official-sdk.txt
	$(LOCK) tests/third_party/requirements-python-binance.in -o tests/third_party/requirements-python-binance.txt

clean: ## Remove the virtual environment and caches; var/ with your data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing the locked requirements (once per lock) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(PY)
	@echo "Installing the locked development requirements (once per lock) ..."
	$(PIP) -r requirements-dev.txt
	@touch $@
