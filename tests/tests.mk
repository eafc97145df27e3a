# What tests, measures, checks and installs. Included by the Makefile; how it is read: tests/README.md.
# Suites report through build/totals/<suite>: "TOTAL <suite> passed failed skipped".
FUZZ_SECONDS ?= 15
PREFIX ?= /usr/local
# cmocka does not say that a failed assertion never returns, so gcc sees unset variables behind it
TEST_CFLAGS = $(CFLAGS) $(if $(findstring clang,$(CC)),,-Wno-maybe-uninitialized) \
              -Icrypto -Iidsrv -Iclients -Itests -Itests/unit
TEST_LIBS := -lcmocka

# ---- programs under test: tests/unit/<room>/test_<file>.c, one program each ----
UNIT_SRC    := $(wildcard tests/unit/*/test_*.c)
UNIT_PROG   := $(patsubst tests/%.c,$(O)/tests/%,$(UNIT_SRC))
UNIT_KIT    := $(call obj,$(wildcard tests/unit/*.c))
UNIT_HELP   := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*/*.c))
# Rooms of the server and of the clients, as tests/unit/<room>/ names them.
SERVER_UNIT := $(foreach r,$(notdir $(patsubst %/,%,$(wildcard idsrv/*/))) idsrv,$(O)/tests/unit/$(r)/test_%)
CLIENT_UNIT := $(foreach r,$(notdir $(patsubst %/,%,$(wildcard clients/*/))),$(O)/tests/unit/$(r)/test_%)
# The server without its main(), as an archive: a test may put a double in front of any file.
LIBIDSRV    := $(O)/libidsrv.a
LIBCLIENTS  := $(O)/libclients.a
room_help = $(call obj,$(filter tests/unit/$(notdir $(patsubst %/,%,$(dir $(1))))/%,$(UNIT_HELP)))

$(LIBIDSRV): $(call obj,$(filter-out idsrv/main.c,$(IDSRV_SRC)))
$(LIBCLIENTS): $(call obj,$(filter-out %/main.c %/idctl.c %/idwallet.c %/idverify.c %/idprint.c,$(COMMON_SRC) $(IDCTL_SRC) \
    $(IDWALLET_SRC) $(IDVERIFY_SRC) $(IDPRINT_SRC)))

$(O)/tests/%.o: tests/%.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(TEST_CFLAGS) $$($(PKG) --cflags libpq) \
	    $(if $(findstring /idprint/,$<),$(PRINT_CFLAGS)) -c $< -o $@

.SECONDEXPANSION:
# (patterns are expanded late: a % in a static pattern rule is the stem otherwise)
# only the server's tests wait for the server, so that the core is tested before it builds
$(UNIT_PROG): %: %.o $(UNIT_KIT) $$(call room_help,$$@) $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW) \
    $$(if $$(filter $$(SERVER_UNIT),$$@),$(LIBIDSRV)) $$(if $$(filter $$(CLIENT_UNIT),$$@),$(LIBCLIENTS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    $(if $(filter $(LIBIDSRV),$^),$(SERVER_LIBS)) $(if $(filter $(LIBCLIENTS),$^),$(CLIENT_LIBS)) \
	    $(if $(findstring /idprint/,$@),$(PRINT_LIBS) $$($(PKG) --libs pangoft2 fontconfig)) \
	    $(TEST_LIBS) -lqrencode -lzbar -ljansson $(CORE_LIBS)

# what when memory or OpenSSL fails: the programs of that folder stand in front of these functions
WRAPPED := malloc calloc realloc idr_arena_alloc idr_arena_room idr_arena_array idr_arena_copy $(shell \
    sed -n 's/^WRAP.[^,]*, \([A-Za-z0-9_]*\),.*/\1/p' tests/unit/failing/failing_kit.c)
$(filter $(O)/tests/unit/failing/%,$(UNIT_PROG)): LDFLAGS += $(foreach f,$(WRAPPED),-Wl$(comma)--wrap=$(f))
$(filter $(O)/tests/unit/failing/%,$(UNIT_PROG)): $(O)/tests/unit/verify/scene.o

# the wallet against a verifier that lies: its network and its clock are the test's
$(filter $(O)/tests/unit/idwallet/%,$(UNIT_PROG)): LDFLAGS += -Wl,--wrap=web_send -Wl,--wrap=time

.PHONY: test unit unit_programs asan integration incidents faults interop conformance vectors fuzz fuzz_programs lint bench bench-long
.PHONY: flame paper man install
test: ## everything: lint, unit, asan, vectors, integration, incidents, faults, interop, conformance, paper, openapi, deploy, docs, fuzz; totals last
	@tests/run_all
unit_programs: $(foreach p,$(UNIT_PROG),$(if $(UNIT),$(foreach u,$(UNIT),$(if $(findstring $u,$p),$p)),$p))
unit: ## unit tests (MODE=asan for sanitizers; UNIT=room/file for some)
	-@$(MAKE) -k -s --no-print-directory unit_programs
	@tests/run_unit $(O) $(UNIT)
asan: ## unit and integration tests under address and undefined behaviour sanitizers
	@tests/run_asan
integration: all ## real server, throw-away database, whole flows
	@tests/run_suite integration tests/integration/run
incidents: all ## what other systems shipped, tried on us
	@tests/run_suite incidents tests/incidents/run
faults: all ## kill, cut, fill, step the clock under load, then count everything (ROUNDS=200 by hand)
	@tests/run_suite faults tests/faults/run
interop: all ## other people's implementations issue to us and verify us
	@tests/run_suite interop tests/interop/run
conformance: all ## the OpenID Foundation's issuer and verifier plans, and what they leave
	@tests/run_suite conformance tests/conformance/run

# ---- paper: what is printed is read back ----
$(O)/bin/paper_read: $(O)/tests/paper/paper_read.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -lzbar -lm
paper: all $(O)/bin/paper_read ## print, render, distort, read back with two readers, verify
	@tests/run_suite paper tests/paper/run

# ---- published test vectors ----
VECTORS_SRC := $(wildcard tests/vectors/*.c)
$(O)/bin/idvectors: $(call obj,$(VECTORS_SRC)) $(LIBIDR) $(LIBIDR_ISSUE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(VECTORS_SRC)) $(CORE_GROUP) -ljansson $(CORE_LIBS)
vectors: $(O)/bin/idvectors ## published vectors in VECTORS=dir (VERBOSE=1 names each skip and failure)
	@$(O)/bin/idvectors $(if $(VERBOSE),--verbose) $(VECTORS)

# ---- fuzzing: one target per parser of outside bytes ----
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_PROG := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(FUZZ_SRC))
FUZZ_KIT  := $(call obj,$(filter-out $(FUZZ_SRC),$(wildcard tests/fuzz/*.c)))
# a target that names a room of the server (fuzz_http_*, fuzz_oauth_*, ...) links it too
SERVER_FUZZ := $(foreach r,$(notdir $(patsubst %/,%,$(wildcard idsrv/*/))),$(O)/fuzz/fuzz_$(r)_% $(O)/fuzz/fuzz_$(r))
$(FUZZ_PROG): $(O)/fuzz/%: $(O)/tests/fuzz/%.o $(FUZZ_KIT) $(LIBIDR) $(LIBIDR_ISSUE) \
    $$(if $$(filter $$(SERVER_FUZZ),$$@),$(LIBIDSRV) $(LIBIDR_DRAW))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    $(if $(filter $(LIBIDSRV),$^),$(SERVER_LIBS)) $(FUZZ_LIBS) $(CORE_LIBS)
# the wallet's parsers: its room without main()
$(O)/fuzz/fuzz_wallet: $(call obj,$(COMMON_SRC) $(filter-out %/idwallet.c,$(IDWALLET_SRC)))
$(O)/fuzz/fuzz_wallet: FUZZ_LIBS := $(CLIENT_LIBS)
# second readers: jansson in the same process, libcbor in a child without sanitizers
$(O)/fuzz/fuzz_json_twin: FUZZ_LIBS := -ljansson
$(O)/fuzz/fuzz_cbor_twin: | $(O)/fuzz/cbor_second
$(O)/fuzz/cbor_second: tests/fuzz/second/cbor_second.c tests/tests.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -o $@ $< -lcbor
fuzz_programs: $(FUZZ_PROG)
fuzz: ## every target, or FUZZ="verify json", for FUZZ_SECONDS (15), two at a time; corpora stay in build/fuzz
	-@$(MAKE) -k -s --no-print-directory MODE=fuzz fuzz_programs
	@tests/run_fuzz $(FUZZ_SECONDS) $(FUZZ)

lint: $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW) ## layers, headers alone, banned calls, code table, warnings of the second compiler
	@tests/lint/run $(O)

# parts of the server are measured by themselves: its archive, and the kit of the registry's tests
BENCH_SRC := $(wildcard tests/bench/*.c) tests/fuzz/fuzzland.c tests/integration/testcluster.c \
             tests/integration/registry/registry_kit.c
$(O)/bin/idbench: $(call obj,$(BENCH_SRC)) $(LIBIDSRV) $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(BENCH_SRC)) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    $(SERVER_LIBS) $(TEST_LIBS) $(CORE_LIBS)
# preloaded into PostgreSQL by the bench: a disk that is slower
$(O)/bench/slow_fsync.so: tests/bench/preload/slow_fsync.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(BASE) -O2 -fPIC -shared -o $@ $< -ldl
SECONDS ?= 600
bench: all $(O)/bin/idbench $(O)/bench/slow_fsync.so ## the goal table against limits of the same run (QUICK=1, RUNS=3 OUT=docs/benchmarks.md)
	@tests/bench/run $(O)
bench-long: all $(O)/bin/idbench $(O)/bench/slow_fsync.so ## 256, then 1000 connections for SECONDS (600) each: nobody may wait 5 s
	@PARTS=long LONG=$(SECONDS) tests/bench/run $(O)
flame: all $(O)/bin/idbench ## flame graphs of both endpoints into docs/ (needs linux-perf)
	@tests/bench/flame $(O)

# ---- man pages: docs/man/*.scd, written with scdoc; a line @KEYS@ stands for `idsrv --conf-man` ----
MAN_PAGES := $(patsubst docs/man/%.scd,build/man/%,$(wildcard docs/man/*.scd))
SCDOC := $(shell command -v scdoc 2>/dev/null)
build/man/%: docs/man/%.scd $(O)/bin/idsrv
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)$(O)/bin/idsrv --conf-man >$@.keys
	$(Q)sed -e '/^@KEYS@$$/{r $@.keys' -e 'd}' $< >$@.scd && scdoc <$@.scd >$@ || { rm -f $@; exit 1; }
	$(Q)rm -f $@.keys $@.scd
man: $(if $(SCDOC),$(MAN_PAGES)) ## man pages into build/man (needs scdoc)
	$(if $(SCDOC),@:,@echo "scdoc is not installed: the man pages stay text, docs/man/*.scd")

# ---- installing ----
install: all $(if $(SCDOC),$(MAN_PAGES)) ## programs, man pages, headers, archives, schema (PREFIX=/usr/local DESTDIR=)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/idrail
	$(if $(PROGRAMS),install -s -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin/)
	install -m 644 $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW) $(DESTDIR)$(PREFIX)/lib/
	for h in $(filter-out %_internal.h,$(wildcard crypto/*/*.h)) crypto/base/err.def; do \
	    install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/idrail/$${h#crypto/} || exit 1; done
	for m in $(if $(SCDOC),$(MAN_PAGES)); do \
	    install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; done
	cd schema && find . -type f -exec install -D -m 644 '{}' '$(abspath $(DESTDIR)$(PREFIX))/share/idrail/schema/{}' \;
