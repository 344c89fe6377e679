# Every target sets up what it needs: `make demo` and `make test` work in a fresh clone.
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: demo test check coverage bench generate torture clean

demo: $(VENV)/ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" rustchain run examples/demo/report.yaml

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal

torture: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 -m torture tests/torture

check: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.generate --check

coverage: $(VENV)/ready
	mkdir -p build
	$(BIN)/python -m coverage run -m pytest -q tests/test_stepkit.py tests/model tests/engine tests/logic tests/app
	$(BIN)/python -m coverage report

generate: $(VENV)/ready
	$(BIN)/python -m tools.generate

bench: $(VENV)/ready
	$(BIN)/python -m benchmarks

$(VENV)/ready: pyproject.toml constraints.txt tools/venv
	tools/venv $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build
