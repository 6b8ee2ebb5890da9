# Everything sets itself up in its own virtual environment; only Python 3.11 or later is needed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
KEYS := sample_ledgers/keys.json
LEDGERS := $(filter-out %keys.json %expected.json, \
             $(sort $(wildcard sample_ledgers/*.json sample_ledgers/*.jsonl sample_ledgers/*.jws)))
ARCHIVE := sample_ledgers/old-archive
FORGED := sample_ledgers/forged-approval.jsonl
PICTURES := build/demo

STORED := --ClearMetadataPreprocessor.enabled=True \
  --ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}"

.PHONY: demo test notebook notebooks bench samples docs clean

demo: $(VENV)/.ready  ## play a story through the gate; lint and draw every sample; write a case report
	@mkdir -p $(PICTURES); rm -rf $(PICTURES)/story
	@echo "=== a story"; $(BIN)/ectgraph demo $(PICTURES)/story
	@for ledger in $(LEDGERS); do \
	  echo "=== $$ledger"; \
	  $(BIN)/ectgraph lint $$ledger --keys $(KEYS) || [ $$? -eq 1 ] || exit 1; \
	  $(BIN)/ectgraph draw $$ledger --keys $(KEYS) -o $(PICTURES)/$$(basename $$ledger).svg || exit 1; \
	done
	@echo "=== $(ARCHIVE).jsonl.gz"; $(BIN)/ectgraph lint $(ARCHIVE).jsonl.gz --keys $(ARCHIVE).keys.json
	@echo "=== the case report"; $(BIN)/ectgraph report $(FORGED) --keys $(KEYS) -o $(PICTURES)/case.html
	@echo "=== the pictures, and the page"; ls $(PICTURES)/*.svg $(PICTURES)/story/*.svg $(PICTURES)/*.html

test: $(VENV)/.ready-to-test  ## all checks and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --cov -n logical --maxprocesses 4 --dist worksteal

notebook: $(VENV)/.ready-for-jupyter  ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --ServerApp.preferred_dir=notebooks

notebooks: $(VENV)/.ready-to-test  ## run the notebooks anew, and store what they put out
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace $(STORED) notebooks/*.ipynb

bench: $(VENV)/.ready-to-test  ## measure speed and memory, beside a plain script
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/rules.py
	$(BIN)/python benchmarks/gate.py
	$(BIN)/python benchmarks/checkpoint.py
	$(BIN)/python benchmarks/draw.py
	$(BIN)/python benchmarks/frames.py

samples: $(VENV)/.ready-to-test  ## rebuild the sample ledgers, byte for byte
	$(BIN)/python sample_ledgers/rebuild.py

docs: $(VENV)/.ready  ## rebuild the page of rules, the JSON Schemas and the gallery of pictures
	$(BIN)/python docs/build.py
	$(BIN)/python docs/gallery.py

clean:
	rm -rf $(VENV) build

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.ready-for-jupyter: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[jupyter]'
	@touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@
