# vigil: make demo shows it, make test tests it.

GO   ?= go
# The race detector needs a C compiler; without one the tests run without it.
RACE := $(shell command -v "$$($(GO) env CC)" >/dev/null 2>&1 && echo -race)

# LONG packages walk at random, or change a case or bundle byte by byte: with the
# race detector a short run, which goes part of that way, without it all of it.
LONG   = ./store/bolt ./internal/bundle

# It looks at what runs at once: packages in which nothing does, nor in their tests,
# are tested without it, five times as fast; of classify and cmd/vigil, it looks at
# the tests in which something is shared; training takes too long with it, and a
# browser is no part of this program. "make check" uses it on all.
ALL    = $(shell find . -name '*.go' -exec dirname {} + | sort -u)
ATONCE = $(filter-out ./classify ./classify/train ./cmd/vigil ./internal/pagetest,$(shell grep -lE '\bsync\.|\bgo func|\.Go.func|\batomic\.|httptest\.|simnet\.' $$(find . -name '*.go') | xargs -n1 dirname | sort -u))
ALONE  = $(filter-out $(ATONCE),$(ALL))

export CGO_ENABLED = $(if $(RACE),1,0)

.PHONY: build test check fuzz stress bench peers train eval demo demo-postgres deps

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o . ./cmd/vigil ./cmd/vigil-verify

demo: build
	./vigil demo

# demo-postgres is the demo on a PostgreSQL server of its own, with two processes that
# crawl and the reviewers' pages at the end, until ^C.
demo-postgres: build
	.ci/postgres sh -c 'exec ./vigil demo --store "$$DATABASE" --crawlers 2 --serve'

test: deps
	$(GO) vet ./...
	$(GO) test $(RACE) -timeout 15m $(filter-out $(LONG),$(ATONCE))
	$(GO) test $(RACE) -short -timeout 15m $(LONG)
	$(GO) test $(RACE) -run Goroutines ./classify
	$(GO) test $(RACE) -timeout 15m -run 'Crawl|Serve|Follow|AreSigned|Wall|Robots|Requests|Pages|Keeper|Cluster|Socket|AJob' ./cmd/vigil
	$(GO) test $(RACE) -timeout 15m -run 'TestScripts/^(crawl|resume|revoke|outofscope|session|backupevery)$$' ./cmd/vigil
	$(GO) test -timeout 15m $(LONG) $(ALONE)

check: deps
	@bad=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$bad" || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -race -timeout 90m ./...

# fuzz runs every fuzz target for FUZZTIME each.
FUZZTIME ?= 30s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; done

# stress kills crawls at random moments and counts what is lost or stored twice:
# at least 14 kills a round, so more than 1,000 with 80 rounds. It also kills the
# commands that rewrite a case at each of their durable calls, by strace.
ROUNDS ?= 80
stress:
	ROUNDS=$(ROUNDS) $(GO) test -run 'ThatIsKilled' -count 1 -timeout 4h -v ./cmd/vigil

# peers installs what classification is measured beside: wink-nlp by npm, from a
# locked list, and NLTK by apt. Without them, bench passes over these lines.
peers:
	cd classify/testdata/peers && npm ci --ignore-scripts --no-audit --no-fund
	apt-get install -y --no-install-recommends python3-nltk

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# train rebuilds the model from the labelled texts, and the figures of its card.
train: build
	./vigil train -o classify/model.json --card classify/MODEL.md --measured classify/measured.json --baselines --ablate >/dev/null
	$(MAKE) build

# eval checks that the model is the one that its texts make, measures it by
# cross-validation on them, and then on texts that were held back, if there are any.
HELD = $(wildcard fixtures/texts/held*.jsonl)
eval: build
	./vigil train --check --baselines --ablate
	$(if $(HELD),./vigil eval $(HELD) --baselines --ablate)

# deps installs what the tests use beside Go: tor and ip, and what others check evidence
# with: ssh-keygen, openssl, age, chromium, and programs of npm. Where it cannot,
# the tests that need them skip, or fail if CI=true.
deps:
	@.ci/deps
