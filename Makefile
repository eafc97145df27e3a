# idrail: one Makefile. `make help` lists what it does. Everything built lands under build/.
MODE ?= dev
O := build/$(MODE)
CC ?= gcc
PKG := pkg-config
comma := ,
# one short line a step; V=1 shows the commands
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-4s %s\n' $(1) $(2))
VECTORS ?= ../shared/vectors

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla -Wformat=2 \
        -Wundef -Wcast-qual -Werror
HARDEN := -fstack-protector-strong -fPIE -fvisibility=hidden
BASE := -std=c11 -D_GNU_SOURCE -MMD -MP -ffile-prefix-map=$(CURDIR)=. $(WARN) $(HARDEN)
LDHARDEN := -pie -Wl,-z,relro,-z,now
ifeq ($(MODE),asan)
CFLAGS := $(BASE) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DIDR_ASAN
LDFLAGS := $(LDHARDEN) -fsanitize=address,undefined
else ifeq ($(MODE),fuzz)
CC := clang
CFLAGS := $(BASE) -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DIDR_ASAN
LDFLAGS := -pie -fsanitize=fuzzer,address,undefined
else
CFLAGS := $(BASE) -O2 -g -D_FORTIFY_SOURCE=2
LDFLAGS := $(LDHARDEN)
endif

# ---- the core: crypto/, compiled with -Icrypto only, so that it cannot see the server ----
CORE_ALL   := $(wildcard crypto/*/*.c)
DRAW_SRC   := $(wildcard crypto/draw/*.c)
ISSUE_SRC  := $(filter %_issue.c %_present.c %/status_write.c %/bundle_make.c %/suite_sign.c %/suite_certify.c,$(CORE_ALL))
CORE_SRC   := $(filter-out $(DRAW_SRC) $(ISSUE_SRC),$(CORE_ALL))
obj = $(patsubst %.c,$(O)/%.o,$(1))

LIBIDR       := $(O)/libidr.a
LIBIDR_ISSUE := $(O)/libidr-issue.a
LIBIDR_DRAW  := $(O)/libidr-draw.a
CORE_LIBS    := -lcrypto -lz -lm

# ---- programs ----
IDSRV_SRC   := $(wildcard idsrv/*.c idsrv/*/*.c)
COMMON_SRC  := $(wildcard clients/common/*.c)
IDCTL_SRC   := $(wildcard clients/idctl/*.c)
IDWALLET_SRC := $(wildcard clients/idwallet/*.c)
IDVERIFY_SRC := $(wildcard clients/idverify/*.c)
IDPRINT_SRC := $(wildcard clients/idprint/*.c)
PROGRAMS := $(if $(IDSRV_SRC),$(O)/bin/idsrv) $(if $(IDCTL_SRC),$(O)/bin/idctl) \
            $(if $(IDWALLET_SRC),$(O)/bin/idwallet) $(if $(IDVERIFY_SRC),$(O)/bin/idverify) \
            $(if $(IDPRINT_SRC),$(O)/bin/idprint)
SERVER_LIBS := -lmicrohttpd -lpq -ljansson -lutf8proc -lseccomp -lcurl -lqrencode -lpthread
CLIENT_LIBS := -lcurl -ljansson -lqrencode
# shaping and PDF: idprint alone, so that nobody else needs fonts and what they bring with them
PRINT_PKGS := pangocairo libwebp
PRINT_CFLAGS = $$($(PKG) --cflags $(PRINT_PKGS) | sed 's/-I/-isystem /g')
PRINT_LIBS = $$($(PKG) --libs $(PRINT_PKGS)) -lqrencode

.DEFAULT_GOAL := all
.PHONY: all
all: $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW) $(PROGRAMS) ## build the libraries and the programs

$(O)/crypto/%.o: crypto/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -Icrypto -c $< -o $@
$(O)/idsrv/%.o: idsrv/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -Icrypto -Iidsrv $$($(PKG) --cflags libpq) -c $< -o $@
$(O)/clients/%.o: clients/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -Icrypto -Iclients -c $< -o $@

$(O)/clients/idprint/%.o: clients/idprint/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -Icrypto -Iclients $(PRINT_CFLAGS) -c $< -o $@

$(LIBIDR): $(call obj,$(CORE_SRC))
$(LIBIDR_ISSUE): $(call obj,$(ISSUE_SRC))
$(LIBIDR_DRAW): $(call obj,$(DRAW_SRC))
$(O)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

# the archives name each other (jwe opens with a private key), so they are searched as a group
CORE_GROUP := -Wl,--start-group $(LIBIDR) $(LIBIDR_ISSUE) -Wl,--end-group

$(O)/bin/idsrv: $(call obj,$(IDSRV_SRC)) $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(IDSRV_SRC)) $(LIBIDR_DRAW) $(CORE_GROUP) $(SERVER_LIBS) $(CORE_LIBS)
$(O)/bin/idctl: $(call obj,$(IDCTL_SRC) $(COMMON_SRC)) $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(IDCTL_SRC) $(COMMON_SRC)) $(LIBIDR_DRAW) $(CORE_GROUP) $(CLIENT_LIBS) $(CORE_LIBS)
$(O)/bin/idwallet: $(call obj,$(IDWALLET_SRC) $(COMMON_SRC)) $(LIBIDR) $(LIBIDR_ISSUE) $(LIBIDR_DRAW)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(IDWALLET_SRC) $(COMMON_SRC)) $(LIBIDR_DRAW) $(CORE_GROUP) $(CLIENT_LIBS) $(CORE_LIBS)
IDPRINT_ALL := $(IDPRINT_SRC) clients/common/cli.c clients/common/cli_out.c
$(O)/bin/idprint: $(call obj,$(IDPRINT_ALL)) $(LIBIDR) $(LIBIDR_DRAW)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(call obj,$(IDPRINT_ALL)) $(LIBIDR_DRAW) $(LIBIDR) $(PRINT_LIBS) $(CORE_LIBS)
# one static file for a USB stick; the core and the argument frame, no network code
IDVERIFY_ALL := $(IDVERIFY_SRC) clients/common/cli.c clients/common/cli_out.c
IDVERIFY_LD  := $(if $(filter dev,$(MODE)),-static-pie -Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now,$(LDFLAGS))
$(O)/bin/idverify: $(call obj,$(IDVERIFY_ALL)) $(LIBIDR) $(LIBIDR_ISSUE)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(IDVERIFY_LD) -o $@ $(call obj,$(IDVERIFY_ALL)) $(CORE_GROUP) $(CORE_LIBS) 2>&1 | \
	  { grep -vi -e 'statically linked applications' -e 'in function' || true; }
	@test -x $@

-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d $(O)/*/*/*/*.d)
include tests/tests.mk

.PHONY: demo run help clean
demo: ## install what is missing, build, run the main job end to end on sample data
	@tests/install.sh demo
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh
run: all ## serve on the demo's data until Ctrl-C
	@tests/demo/run.sh
help: ## this list
	@grep -hE '^[a-z][a-z_-]*:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-12s %s\n",$$1,$$2}'
clean: ## remove everything that was built
	rm -rf build
