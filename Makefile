# The course's commands; `make help` lists them. On Windows, README.md says how to do the same by hand.

PYTHON ?= $(shell command -v python3 || command -v python)
VENV   := .venv
BIN    := $(VENV)/bin
# pass flags on:  make lab ARGS="--no-browser --port 8890"
ARGS   ?=
# Jupyter refuses to run as root unless told (containers do that)
ROOT   := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

.DEFAULT_GOAL := help
.PHONY: lab test lint unit notebooks-test device-test gpu-test browser-test colab-test soak kill-test notebooks bench checkpoints publish offline-kit student slides glossary picture clean help

##@ to learn
help:  ## list the commands
	@awk -F ':.*## ' '/^##@ /{print substr($$0, 5) ":"} /^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp makes a second call install nothing, and a changed requirement install again.
$(VENV)/.installed: requirements.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python was not found. Install Python 3.11 or newer, or name it: make lab PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"This course needs Python 3.11 or newer; {sys.executable} is {v[0]}.{v[1]}. Name a newer one: make lab PYTHON=python3.12")'
	@echo "Setting up $(VENV) with $(PYTHON): about 2 GB to download on Linux, two to five minutes on a fast line. This happens once."
	@"$(PYTHON)" -m venv $(VENV) || { echo "A virtual environment could not be made. On Debian and Ubuntu: sudo apt install python3-venv, then try again."; exit 1; }
	@quiet=--quiet; [ -t 1 ] && quiet=; \
	  $(BIN)/python -m pip install $$quiet --disable-pip-version-check -r requirements.txt || \
	  { echo "Installing failed; pip's last lines above say why. Most often: no network, a full disk (8 GB are needed), or a Python too new for torch. Mend it and repeat the command: it goes on."; exit 1; }
	@touch $@
	@echo "Set-up is complete."

lab: $(VENV)/.installed  ## set up what is missing and open the course in JupyterLab
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ROOT) $(ARGS)

clean:  ## remove .venv, build and caches; your notebooks stay as they are
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +

##@ to check the course (an untouched copy of it: answers typed into a notebook count as differences)
test: lint unit notebooks-test  ## set up what is missing, then lint, unit tests, every notebook re-executed (15 to 25 minutes)

lint: $(VENV)/.installed  ## style of code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: $(VENV)/.installed  ## unit tests and doctests, without the notebooks
	$(BIN)/python -m pytest $(ARGS)

notebooks-test: $(VENV)/.installed  ## re-execute every notebook and compare with its stored outputs
	$(BIN)/python -m tools.nbval $(NOTEBOOKS)

device-test: $(VENV)/.installed  ## re-execute every notebook on a pretend second device (25 minutes; no GPU needed)
	$(BIN)/python -m tools.device_test $(NOTEBOOKS)

gpu-test: $(VENV)/.installed  ## on a machine with CUDA: every notebook on the GPU, then the benchmarks, into build/gpu.log
	$(BIN)/python -m tools.gpu_test $(NOTEBOOKS)

soak: $(VENV)/.installed  ## re-execute every notebook RUNS=10 times, LANES=1 threads at a time, and tell how often one fails
	$(BIN)/python -m tools.soak --runs $(or $(RUNS),10) --lanes $(or $(LANES),1) $(ARGS)

kill-test: $(VENV)/.installed  ## kill training 20 times at random moments and resume: are the weights equal?
	$(BIN)/python -m tools.kill_test $(ARGS)

$(VENV)/.browser: $(VENV)/.installed requirements-browser.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-browser.txt
	@touch $@

browser-test: $(VENV)/.browser  ## run the notebooks that have widgets in a real JupyterLab, and use the widgets (needs Chromium)
	$(if $(findstring command,$(origin BROWSER)),COURSE_BROWSER="$(BROWSER)") $(BIN)/python -m pytest tests/browser -p no:cacheprovider $(ARGS)

COLAB := build/colab-venv
$(COLAB)/.installed: requirements-colab.txt
	@echo "Setting up $(COLAB) with the versions of Colab: several GB to download. This happens once."
	@"$(PYTHON)" -m venv $(COLAB)
	@$(COLAB)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-colab.txt
	@touch $@

colab-test: $(VENV)/.installed $(COLAB)/.installed  ## re-execute every notebook with Colab's versions, away from this folder
	$(BIN)/python -m tools.colab_test $(NOTEBOOKS)

##@ to teach
student: $(VENV)/.installed  ## write an edition without solutions, for a class (TARGET=folder, default build/student)
	$(BIN)/python -m tools.student_edition $(TARGET)

slides: $(VENV)/.installed  ## write a deck of slides for each notebook into build/slides (NOTEBOOKS= for some)
	$(BIN)/python -m tools.slides $(NOTEBOOKS)

offline-kit: $(VENV)/.installed  ## write a folder that installs the course without a network (TARGET=folder, EDITION=student)
	$(BIN)/python -m tools.offline_kit $(TARGET) $(if $(filter student,$(EDITION)),--student)

##@ to write the course
notebooks: $(VENV)/.installed  ## re-execute notebooks and store outputs in them (NOTEBOOKS="notebooks/05*.ipynb" for some)
	$(BIN)/python -m tools.execute_notebooks $(NOTEBOOKS)

glossary: $(VENV)/.installed  ## write GLOSSARY.md and the new words in the notebooks from tools/glossary.toml
	$(BIN)/python -m tools.glossary

publish: $(VENV)/.installed  ## write the address on GitHub into badges and set-up cells (REPO=owner/name)
	$(BIN)/python -m tools.publish $(REPO)

bench: $(VENV)/.installed  ## measure the speed claims of README.md (about 12 minutes)
	$(BIN)/python -m benchmarks.convolution
	$(BIN)/python -m benchmarks.loop
	$(BIN)/python -m benchmarks.classifier

checkpoints: $(VENV)/.installed  ## train the bundled weights anew (data/checkpoints)
	$(BIN)/python -m tools.train_checkpoints

picture: $(VENV)/.installed  ## train the CNN and draw the picture at the top of README.md
	$(BIN)/python -m tools.readme_picture
