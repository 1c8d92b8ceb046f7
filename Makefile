# Everything a developer runs. `make` lists the targets; what a target needs is installed or built on the way.
#
# Settings:  MONGODB_URI=mongodb://…  runs the MongoDB part of the tests on that server
#            MONGO=1                  the same on a server that .ci/mongo sets up and starts (Debian, root)
#            PKG=./engine/flow/...    the Go packages that test-go, test-race and bench run (default: all)
#            RUN=TestQuorum           the Go tests that test-go and test-race run (default: all)
#            BENCH=Create             the benchmarks that bench runs (default: all)
#            FORMWORK_SCRATCH=folder  where tests keep their data, such as one in memory (default: TMPDIR)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:
MAKEFLAGS += --no-print-directory --no-builtin-rules

GOLANGCI_VERSION := v2.15.0
golangci := .cache/bin/golangci-lint-$(GOLANGCI_VERSION)

# What `formwork --version` says.
VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

PKG ?= ./...
RUN ?= .
BENCH ?= .

# Tests and linters need no built UI.
GO_TEST := go test -tags no_ui

# The compiler's own files stay where they were.
in_scratch = export GOTMPDIR="$${GOTMPDIR:-$${TMPDIR:-/tmp}}" TMPDIR="$${FORMWORK_SCRATCH:-$${TMPDIR:-/tmp}}"

# What the targets are built from. Tests are no part of it: changing one rebuilds nothing.
go_sources := go.mod go.sum $(wildcard web/*.go) \
	$(shell find engine builder templates api cmd -type f -not -name '*_test.go' -not -path 'engine/*/testdata/*')
wasm_sources := $(filter go.mod go.sum engine/expr/% engine/def/% engine/form/% engine/query/% cmd/formwasm/%,$(go_sources))
web_sources := $(wildcard web/*.json web/*.ts web/*.html) \
	$(shell find $(wildcard web/src web/public) -type f -not -name '*.test.ts' -not -name '*.test.tsx' -not -name form.wasm -not -name wasm_exec.js)

##@ Use

.PHONY: run
run: bin/formwork ## build everything and run Formwork with demo data in ./data
	./bin/formwork serve --demo --data ./data

.PHONY: build
build: bin/formwork ## build the UI and the server into ./bin/formwork

bin/formwork: $(go_sources) web/dist/index.html
	go build -trimpath -ldflags="-s -w -X main.version=$(VERSION)" -o $@ ./cmd/formwork

# The same program with a clock that journeys move (cmd/formwork/clock_virtual.go); it is for tests and never shipped.
bin/formwork-virtual: $(go_sources) web/dist/index.html
	go build -trimpath -tags virtual_clock -o $@ ./cmd/formwork

##@ Develop

.PHONY: dev
dev: web/node_modules/.package-lock.json wasm ## run the server with demo data and the UI's dev server, which reloads by itself
	@go build -tags no_ui -o bin/formwork-dev ./cmd/formwork
	bin/formwork-dev serve --demo --data ./data &
	trap "kill $$!" EXIT
	cd web && npm run --silent dev

.PHONY: generate
generate: web/node_modules/.package-lock.json ## regenerate what is made from other files, such as TypeScript types
	go generate -tags no_ui ./...

.PHONY: wasm
wasm: web/public/form.wasm web/public/wasm_exec.js ## build the form engine for the browser

# Code that is not run at every key is not inlined: the browser loads a tenth less. engine/... stays as fast as it is.
wasm_cold := github.com/... golang.org/... math/big reflect regexp/... time fmt encoding/... syscall/... internal/poll os
wasm_flags := $(foreach packages,$(wasm_cold),-gcflags=$(packages)=-l)

# The module is replaced only if it changed, so that the UI is not rebuilt for nothing.
.cache/form.wasm: $(wasm_sources)
	@mkdir -p $(@D)
	GOOS=js GOARCH=wasm go build -trimpath -ldflags="-s -w" $(wasm_flags) -o $@ ./cmd/formwasm

web/public/form.wasm: .cache/form.wasm
	@mkdir -p $(@D)
	@cmp -s $< $@ || { echo "cp $< $@"; cp $< $@; }

web/public/wasm_exec.js: go.mod
	@mkdir -p $(@D)
	cp "$$(go env GOROOT)/lib/wasm/wasm_exec.js" $@

web/dist/index.html: $(web_sources) web/public/form.wasm web/public/wasm_exec.js web/node_modules/.package-lock.json
	cd web && npm run --silent build
	touch ../$@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
		|| { echo "needs Node 20.19 or newer" >&2; exit 1; }
	cd web && npm ci --no-audit --no-fund
	touch ../$@

##@ Check

.PHONY: test
test: ## run every test and linter; MONGO=1 or MONGODB_URI=… adds the MongoDB part
	@for step in lint lint-web test-go test-web test-e2e; do
		printf '\n=== %s (%d s since the start)\n' "$$step" "$$SECONDS"
		$(MAKE) "$$step"
	done
	printf '\n=== everything passed in %d s\n' "$$SECONDS"

.PHONY: test-go
test-go: ## run the Go tests
	@uri="$${MONGODB_URI:-}"
	if [[ -z $$uri && -n "$${MONGO:-}" ]]; then uri=$$(.ci/mongo start) && uri=$${uri#MONGODB_URI=}; fi
	$(in_scratch)
	if [[ -n $$uri ]]; then
		export MONGODB_URI=$$uri
		echo "MongoDB: tested on $$(sed -E 's#//[^@/]*@#//…@#' <<<"$$uri")"
		$(GO_TEST) -count=1 -timeout 30m -run '$(RUN)' $(PKG) # a cached pass would say nothing of this server
	else
		echo "MongoDB: skipped, set MONGODB_URI, or MONGO=1 to have a server set up"
		$(GO_TEST) -timeout 30m -run '$(RUN)' $(PKG)
	fi

.PHONY: test-race
test-race: ## run the Go tests with the race detector (needs a C compiler; slow)
	$(GO_TEST) -race -timeout 30m -run '$(RUN)' $(PKG)

.PHONY: test-web
test-web: web/dist/index.html ## run the UI's unit tests and hold its size to the budget
	cd web && npm run --silent test && npm run --silent size

.PHONY: test-e2e
test-e2e: bin/formwork bin/formwork-virtual ## run the tests that drive the whole program in a browser
	@.ci/chromium
	($(in_scratch); cd web && npm run --silent e2e)
	if [[ -n "$${MONGO:-}" ]]; then
		uri=$$(.ci/mongo start) && uri=$${uri#MONGODB_URI=}
		echo "the journeys of a sheet once more, on MongoDB"
		$(in_scratch)
		cd web && FORMWORK_E2E_STORE="$${uri%/}/e2e$$(date +%s)" npm run --silent e2e -- day-labor
	fi

.PHONY: lint
lint: $(golangci) ## check the Go code with golangci-lint
	$(golangci) run ./...
	GOOS=js GOARCH=wasm $(golangci) run ./cmd/formwasm/...

.PHONY: lint-web
lint-web: web/node_modules/.package-lock.json ## check the UI's types and its style
	cd web && npm run --silent typecheck && npm run --silent lint

.PHONY: bench
bench: ## run the benchmarks
	$(GO_TEST) -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m $(PKG)

$(golangci):
	GOBIN="$$PWD/$(@D)" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	cd $(@D) && mv golangci-lint $(@F) && ln -sf $(@F) golangci-lint

##@ Help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
