# rosterd. `make` builds, `make demo` shows it at work, `make check` tests everything.
# Everything that is built goes below $(B).

B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
VERSION := $(shell sed -n 's/^rosterd \([0-9.]*\).*/\1/p;T;q' NEWS)

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum \
	-Werror
HARDENING := -fstack-protector-strong -fPIE -fno-plt
ALL_CFLAGS = -std=gnu17 -I. -D_GNU_SOURCE -DROSTERD_VERSION='"$(VERSION)"' $(WARNINGS) \
	$(HARDENING) $(FORTIFY) -MMD -MP $(CFLAGS)
FORTIFY ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS := -lcurl -lyaml -ljson-c -lsystemd -lcrypto -lsqlite3

# Programs have their main file in daemon/; the rest of the tree is what they share.
PROGRAMS := rosterd rosterctl
MAINS := $(PROGRAMS:%=daemon/%.c)
CODE := $(filter-out $(MAINS),$(wildcard daemon/*.c daemon/*/*.c config/*.c reconcile/*.c))
OBJECTS := $(CODE:%.c=$(B)/%.o)
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
UNIT_SHARED := $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
ROMASIM_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/romasim/*.c))

all: $(PROGRAMS:%=$(B)/%)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(PROGRAMS:%=$(B)/%): $(B)/%: $(B)/daemon/%.o $(OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(UNIT): %: %.o $(UNIT_SHARED) $(OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(B)/tests/romasim/romasim: $(ROMASIM_OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmicrohttpd -ljson-c -lcrypto

unit: $(UNIT)
romasim: $(B)/tests/romasim/romasim

deps:
	tests/deps.sh

check: deps
	$(PYTHON) tests/check.py

check-fast: deps
	$(PYTHON) tests/check.py --fast

lint:
	$(PYTHON) tests/lint.py

demo: deps
	@$(MAKE) --no-print-directory -s all romasim
	@tests/demo.sh $(B)

bench: deps
	@$(MAKE) --no-print-directory -s all romasim $(B)/tests/bench/bare
	$(PYTHON) tests/bench/bench.py $(B)

$(B)/tests/bench/bare: $(B)/tests/bench/bare.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcurl -ljson-c -lyaml

# libFuzzer with ASan and UBSan; what it finds is left in $(B)/fuzz/found.
SECONDS ?= 30
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))

fuzz: deps
	@$(MAKE) --no-print-directory -s B=$(B)/fuzz CC=$(CLANG) FORTIFY= \
		CFLAGS="-O1 -g -fno-sanitize-recover=all $(FUZZ_SANITIZE)" \
		LDFLAGS="-fsanitize=fuzzer,address,undefined" fuzz-programs
	@tests/fuzz/run.sh $(B)/fuzz $(SECONDS) $(FUZZ_NAMES)

fuzz-programs: $(FUZZ_NAMES:%=$(B)/tests/fuzz/%)

$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

clean:
	rm -rf $(B)

.PHONY: all unit romasim deps check check-fast lint demo bench fuzz fuzz-programs clean
.SECONDARY:
-include $(shell test -d $(B) && find $(B) -name '*.d')
