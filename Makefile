# Every target sets up what it needs first; nothing has to be prepared by hand.
.PHONY: demo test lint matrix bench foreign oracle clean
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python

demo:  ## start the sandbox payer, run every suite against it, write report.html
	@scripts/setup runtime
	@.venv/bin/payerproof demo

lint:  ## style, types, layers
	@scripts/setup dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: lint  ## the project's own tests
	$(PY) -m pytest tests -n 6 --dist worksteal

matrix: ## every defect against every check; resumable (SHARD=1/4 for a part)
	@scripts/setup dev
	$(PY) -m tests.matrix $(if $(SHARD),--shard $(SHARD))

bench:  ## seconds, checks, requests, processor time and memory of runs; the validator's speed
	@scripts/setup dev
	$(PY) bench/demo.py
	$(PY) bench/demo.py --part members
	$(PY) bench/demo.py --part behaviour
	$(PY) bench/demo.py --part matrix
	$(PY) bench/demo.py --latency 150 --runs 1
	$(PY) bench/content.py
	$(PY) bench/guides.py
	$(PY) bench/exports.py

foreign: ## servers that others wrote: two for authorization, one for FHIR (Node, npm)
	@scripts/setup dev
	$(PY) -m pytest tests/foreign -q -rs

oracle:  ## compare our verdicts on the guides' examples with the HL7 validator's (Java, Maven)
	@scripts/setup dev
	$(PY) bench/oracle/run.py

clean:
	rm -rf .venv reports/*/ dist build
