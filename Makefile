# Two commands do everything: `make up` shows the example mesh on two real clusters, `make test` proves it all.
# Both make what they need: a virtual environment here, programs in a cache outside the checkout.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin/python

# Each process of the tests loads the library and every test. Python is to keep what it has compiled, also where the
# environment forbids it, as that of many containers does.
unexport PYTHONDONTWRITEBYTECODE

# Only a kubeconfig named on this command line is used: `make up KUBECONFIG=~/.kube/config`
ifeq ($(origin KUBECONFIG),command line)
OWN := --kubeconfig "$(KUBECONFIG)"
endif

# in their order, whatever -j says: lint is the quickest to fail, and two suites at once would disturb each other
.NOTPARALLEL:
.PHONY: help up mesh down test quick live programs check golden docs bench venv clean

help:  ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv:
	@$(PYTHON) -m tools venv

up: venv  ## Put examples/bookinfo into two clusters: embedded ones, or yours with KUBECONFIG=file
	@$(VENV) -m lab.example up $(OWN)

mesh: venv  ## The same as a live mesh on this machine (needs root): real proxies answer real requests
	@$(VENV) -m lab.example mesh

down: venv  ## Take it away again
	@$(VENV) -m lab.example down $(OWN)

ifdef ARGS
test: check programs
	@$(VENV) -m pytest $(ARGS)
else
test: quick live  ## Lint, type check, and all tests, the real engine and real clusters included
endif

quick: check programs  ## The same without the live mesh: what to run while writing
# side by side: a test has its clusters to itself here, or needs none. In the order of the folders, so that those that
# take long for the number of their tests do not come last
	@$(VENV) -m pytest -m "not live" --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

live: programs  ## The live mesh alone (needs root): a test wants the machine to itself
	@$(VENV) -m pytest -m live

programs: venv
	@$(VENV) -m tools ensure pulumi pulumi-language-python pulumi-resource-kubernetes \
		etcd kube-apiserver kube-controller-manager kubectl istiod istioctl istio-crds \
		pilot-agent envoy envoy-bootstrap

check: venv  ## Lint, formatting and types only
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@$(VENV) -m mypy

golden: venv  ## Write the expected files of the golden cases anew; review the difference
	@$(VENV) -m pytest --golden tests/test_cases.py tests/review/test_review_cases.py \
		tests/cli/test_convert_cases.py::test_the_program_of_a_whole_repository

docs: venv  ## Write the generated pages of docs/ anew
	@$(VENV) -m docs.generate

bench: venv  ## Measure side by side with peers; prints ratios
	@$(VENV) -m bench

clean: down  ## Remove the clusters, the stack's state and the virtual environment
	@rm -rf .venv
