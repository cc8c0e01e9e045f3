# kafka-connect. `make help` lists what can be made. Needs Debian 12 (or newer) and a Swift toolchain; the rest is installed.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PREFIX ?= /usr
DESTDIR ?=
# DEV=1: also what the package kafka-connect-dev holds.
DEV ?=
# What takes the symbols off installed programs; `:` leaves them.
STRIP ?= strip
SECONDS_PER_FUZZER ?= 10

BIN := .build/release
bindir = $(DESTDIR)$(PREFIX)/bin
libdir = $(DESTDIR)$(PREFIX)/lib
sharedir = $(DESTDIR)$(PREFIX)/share
VERSION := $(shell sed -n 's/.*static let program = "\(.*\)"/\1/p' Sources/kafka-connect/Entry.swift)

.PHONY: help deps deps-test build quickstart test test-unit test-seeds test-standalone test-distributed test-conformance test-unit-files system-test lint fuzz sanitize bench bench-distributed install deb apt-repository reproducible clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

deps: ## install what building needs (apt; as root or with sudo)
	@scripts/dependencies build

deps-test:
	@scripts/dependencies test

build: deps ## build the daemon and the plugins (release, in .build/release)
	@swift build -c release

quickstart: build ## build, start a broker if none answers, run the FileStream pair, show lines arriving
	@scripts/dependencies test
	@scripts/quickstart

test: ## everything that proves the project works, part by part with a time limit each
	@scripts/test

test-unit: deps-test ## unit tests only
	@swift build --build-tests && swift test --skip-build

test-seeds: build ## producer, consumer and whole clusters of workers against the model broker, 100 000 seeds each
	@SEEDS=100000 scripts/test-seeds

test-standalone: build deps-test ## the worker as a process, with a real broker; KILLS=100 for the long kill loop
	@/usr/bin/python3 -m pytest -q -rsfE Tests/Standalone

test-distributed: build deps-test ## clusters of workers, with Apache's own where KAFKA_HOME is; longer: MIXED_3_9=1 MIXED_ALL=1 KILLS=20 BOUNCES=3 OUTAGE_SECONDS=60
	@/usr/bin/python3 -m pytest -q -rsfE Tests/Distributed

test-conformance: build deps-test ## the checker for authors of connectors, with libraries that break one rule each
	@/usr/bin/python3 -m pytest -q -rsfE -p no:cacheprovider Tests/Conformance

test-unit-files: ## what systemd says of the unit files, and the exposure that it computes
	@scripts/dependencies system
	@scripts/test-unit-files

# The package is installed by apt, from a repository that the tests lay out and sign with a key of their own.
system-test: deb ## the installed worker under a real systemd, in systemd-nspawn on a Debian root that is made once; as root
	@scripts/dependencies system
	@/usr/bin/python3 -m pytest -q -rsfE -p no:cacheprovider Tests/System

lint: ## formatting, and which module imports which
	@swift format lint --strict --recursive --parallel Sources Plugins Tests Fuzz Package.swift
	@scripts/check-imports

fuzz: deps ## libFuzzer targets over their corpora, SECONDS_PER_FUZZER each
	@scripts/fuzz $(SECONDS_PER_FUZZER)

sanitize: deps deps-test ## slow: unit tests and hostile input under the address and the thread sanitizer
	@scripts/sanitize

bench: build ## measure against Apache Connect (KAFKA_HOME), kcat and bare loops; writes docs/benchmarks.md, fails where a target is missed
	@scripts/dependencies bench
	@missed=; for part in "bench --write" "bench-border --write" "bench-allocations --write" "bench-calls --write" \
	    "bench-distributed --java --write"; do echo "== scripts/$$part"; scripts/$$part || missed+=" $${part%% *}"; done; \
	    [ -z "$$missed" ] || { echo "targets were missed, or could not be measured, by:$$missed" >&2; exit 1; }

bench-distributed: build deps-test ## of `bench` the part that is about workers in a group, with what a worker has to reach
	@scripts/bench-distributed --java --write

# Compiles nothing: root, who installs, seldom has a Swift toolchain in its path.
install: ## lay out the tree of what `build` made: DESTDIR=… PREFIX=/usr, DEV=1 for what plugin authors need
	@for file in kafka-connect libkafka-connect-file.so$(if $(DEV), kafka-connect-conformance kafka-connect-fakebroker libkafka-connect-verifiable.so); do \
	    [ -f $(BIN)/$$file ] || { echo "install: $(BIN)/$$file is not there: run make build first" >&2; exit 1; }; done
	install -d $(bindir) $(libdir)/kafka-connect/plugins $(libdir)/systemd/system
	install -m 755 $(BIN)/kafka-connect $(bindir)/kafka-connect
	$(STRIP) $(bindir)/kafka-connect
	for link in connect-standalone connect-distributed; do ln -sf kafka-connect $(bindir)/$$link; done
	install -m 644 $(BIN)/libkafka-connect-file.so $(libdir)/kafka-connect/plugins/kafka-connect-file.so
	$(STRIP) --strip-unneeded $(libdir)/kafka-connect/plugins/kafka-connect-file.so
	for unit in kafka-connect.service kafka-connect@.service kafka-connect.socket; do \
	    sed -E 's,/usr/(bin|lib|share/doc)/kafka-connect,$(PREFIX)/\1/kafka-connect,g' packaging/$$unit >$(libdir)/systemd/system/$$unit && \
	    chmod 644 $(libdir)/systemd/system/$$unit; done
	install -d $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/examples/systemd
	install -m 644 packaging/examples/* $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/examples/systemd/
	install -d $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/examples/quickstart
	install -m 644 etc/*.yaml $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/examples/
	install -m 644 etc/quickstart/* $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/examples/quickstart/
	install -m 644 LICENSE NOTICE README.md CHANGELOG.md CONTRIBUTING.md $(DESTDIR)$(PREFIX)/share/doc/kafka-connect/
	install -d $(sharedir)/doc/kafka-connect/docs
	install -m 644 docs/*.md $(sharedir)/doc/kafka-connect/docs/
	install -D -m 644 packaging/sysusers.d/kafka-connect.conf $(libdir)/sysusers.d/kafka-connect.conf
	install -D -m 644 packaging/tmpfiles.d/kafka-connect.conf $(libdir)/tmpfiles.d/kafka-connect.conf
	scripts/manual-pages $(sharedir)/man
	for link in standalone distributed; do ln -sf kafka-connect-$$link.1 $(sharedir)/man/man1/connect-$$link.1; done
	install -D -m 644 packaging/completions/kafka-connect.bash $(sharedir)/bash-completion/completions/kafka-connect
	for link in connect-standalone connect-distributed; do ln -sf kafka-connect $(sharedir)/bash-completion/completions/$$link; done
	install -D -m 644 packaging/completions/_kafka-connect $(sharedir)/zsh/vendor-completions/_kafka-connect
ifneq ($(DEV),)
	install -D -m 644 Sources/ConnectABI/include/kafka_connect.h $(DESTDIR)$(PREFIX)/include/kafka_connect.h
	install -d $(sharedir)/pkgconfig
	install -m 755 $(BIN)/kafka-connect-conformance $(bindir)/kafka-connect-conformance
	$(STRIP) $(bindir)/kafka-connect-conformance
	install -D -m 644 packaging/man-dev/kafka-connect-conformance.1 $(sharedir)/man/man1/kafka-connect-conformance.1
	sed 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),' packaging/kafka-connect.pc.in >$(sharedir)/pkgconfig/kafka-connect.pc
	install -m 644 $(BIN)/libkafka-connect-verifiable.so $(libdir)/kafka-connect/plugins/kafka-connect-verifiable.so
	$(STRIP) --strip-unneeded $(libdir)/kafka-connect/plugins/kafka-connect-verifiable.so
	install -m 755 $(BIN)/kafka-connect-fakebroker $(bindir)/kafka-connect-fakebroker
	$(STRIP) $(bindir)/kafka-connect-fakebroker
	scripts/manual-pages $(sharedir)/man packaging/man-dev
	for program in kafka-connect-conformance kafka-connect-fakebroker; do \
	    install -D -m 644 packaging/completions-dev/$$program.bash $(sharedir)/bash-completion/completions/$$program && \
	    install -D -m 644 packaging/completions-dev/_$$program $(sharedir)/zsh/vendor-completions/_$$program || exit 1; done
	scripts/install-templates $(DESTDIR)$(PREFIX)/share/kafka-connect $(PREFIX)/share/kafka-connect
endif

deb: ## Debian packages of what `build` made, in .build/deb
	@scripts/dependencies package
	@swift build -c release
	@scripts/build-deb

apt-repository: deb ## a signed repository of these packages for apt, in .build/apt-repository; APT_KEY=FOLDER: the key's
	@scripts/apt-repository

reproducible: build ## compile and package in two more places, package what is built, and compare the packages (some minutes)
	@scripts/dependencies package
	@scripts/reproducible

clean: ## remove what was built
	rm -rf .build
