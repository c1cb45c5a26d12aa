# SPDX-License-Identifier: MIT
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

# The commit that is built: the clone's, or the one that a tarball of it (make dist) is of. Programs tell it.
COMMIT := $(shell { if [ -e .git ]; then git rev-parse HEAD; else cat systemd/commit; fi; } 2>/dev/null \
	| sed -n 's/^\([0-9a-f]\{12\}\)[0-9a-f]*$$/\1/p')

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum
# A warning is an error in CI alone: whoever builds with another compiler is not to be stopped by one.
ERRORS := $(if $(CI),-Werror)
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-plt \
	$(if $(filter x86_64 i686,$(shell uname -m)),-fcf-protection)
ALL_CFLAGS = -std=gnu17 -I. -D_GNU_SOURCE -DROSTERD_VERSION='"$(VERSION)"' $(WARNINGS) \
	$(ERRORS) $(HARDENING) $(FORTIFY) -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(CFLAGS)
FORTIFY ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
ALL_LDFLAGS = -fPIE -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS := -lcurl -lyaml -ljson-c -lsystemd -lcrypto -lsqlite3 -lmicrohttpd -lsmartcols

# Programs have their main file in daemon/; the rest of the tree is what they share.
PROGRAMS := rosterd rosterctl
MAINS := $(PROGRAMS:%=daemon/%.c)
CODE := $(filter-out $(MAINS),$(wildcard $(foreach room,daemon config reconcile,$(room)/*.c $(room)/*/*.c $(room)/*/*/*.c)))
OBJECTS := $(CODE:%.c=$(B)/%.o)
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
WORLD := $(patsubst %.c,$(B)/%.o,$(wildcard tests/world/*.c))
UNIT_SHARED := $(WORLD) $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
ROMASIM_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/romasim/*.c))

all: $(PROGRAMS:%=$(B)/%)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What the status page takes in.
$(B)/daemon/web/page_files.o: daemon/web/page.css daemon/web/page.js

# The one file that knows the commit is compiled anew with each.
$(B)/daemon/cli/program.o: ALL_CFLAGS += -DROSTERD_COMMIT='"$(COMMIT)"'
$(B)/daemon/cli/program.o: $(B)/commit
$(B)/commit: $(if $(filter-out $(shell cat $(B)/commit 2>/dev/null),$(COMMIT)),anew)
	@mkdir -p $(@D)
	@echo $(COMMIT) > $@
anew:

# A program links what it uses: rosterctl carries no server.
$(B)/librosterd.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(PROGRAMS:%=$(B)/%): $(B)/%: $(B)/daemon/%.o $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/unit/libunit.a: $(UNIT_SHARED)
	@rm -f $@
	$(AR) rcs $@ $^

# Likewise: a link of all there is would cost three times as much, a hundred times.
$(UNIT): %: %.o $(B)/tests/unit/libunit.a $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# What reads JSON by several bytes at a time, tested without that as well.
NO_SIMD_TESTS := test_json_pull test_page_reader
NO_SIMD_OBJECTS := $(patsubst %,$(B)/no_simd/daemon/json/%.o,json_pull json_shape)
NO_SIMD := $(NO_SIMD_TESTS:%=$(B)/tests/unit/%_no_simd)

$(B)/no_simd/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DJSON_NO_SIMD -c -o $@ $<

$(NO_SIMD): %_no_simd: %.o $(NO_SIMD_OBJECTS) $(B)/tests/unit/libunit.a $(B)/librosterd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# The simulator's lists have pages of a few rows.
SIM_SOURCES := $(wildcard tests/sim/*.c tests/world/*.c reconcile/*.c reconcile/*/*.c)
SIM_OBJECTS := $(SIM_SOURCES:%.c=$(B)/sim/%.o) \
	$(patsubst %.c,$(B)/%.o,$(wildcard config/*.c config/*/*.c daemon/base/*.c))

$(B)/sim/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DLISTING_PAGE_SIZE=6 -c -o $@ $<

$(B)/tests/sim/sim: $(SIM_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

FLEET_SIM_SOURCES := $(filter-out tests/sim/main.c,$(SIM_SOURCES)) $(wildcard tests/sim/fleet/*.c)

$(B)/tests/sim/fleet/fleet: $(FLEET_SIM_SOURCES:%.c=$(B)/sim/%.o) $(filter-out $(B)/sim/%,$(SIM_OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# What knows guards and settings, with a few more of them (tests/rows/more_rows.h), and what does not.
ROWS_SOURCES := tests/rows/test_rows.c $(wildcard config/*.c config/*/*.c reconcile/plan/*.c reconcile/report/*.c) \
	$(wildcard reconcile/*.c) $(patsubst %,daemon/report/%.c,json text outline channel_text members_text)
ROWS_OBJECTS := $(ROWS_SOURCES:%.c=$(B)/rows/%.o) $(patsubst %.c,$(B)/%.o,$(wildcard daemon/base/*.c daemon/json/*.c) \
	$(patsubst %,daemon/report/%.c,page row table failures list_json source))

$(B)/rows/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -include tests/rows/more_rows.h -c -o $@ $<

$(B)/tests/rows/test_rows: $(ROWS_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(B)/tests/romasim/romasim: $(ROMASIM_OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmicrohttpd -ljson-c -lcrypto

$(B)/tests/vendor/sign: $(B)/tests/vendor/sign.o $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

unit: $(UNIT) $(NO_SIMD)
rows: $(B)/tests/rows/test_rows
romasim: $(B)/tests/romasim/romasim

deps:
	tests/deps.sh check

# Nothing but what building and a demonstration need.
deps-demo:
	tests/deps.sh demo

check: deps
	$(PYTHON) tests/check.py

check-fast: deps
	$(PYTHON) tests/check.py --fast

# Makes packages, installs them on a fresh Debian and tries other compilers and machines: half an hour, as root.
check-packages: deps
	@tests/deps.sh packages
	$(PYTHON) -m pytest -q -rs -p no:cacheprovider tests/packages

# Hosts that share instances by a real etcd: minutes, for leases must lapse.
check-fleet: deps
	@$(MAKE) --no-print-directory -s all romasim
	$(PYTHON) -m pytest -q -n 2 -p no:cacheprovider tests/fleet

# A bad time of so many minutes for a fleet.
MINUTES ?= 10
soak-fleet: deps
	@$(MAKE) --no-print-directory -s all romasim
	ROSTERD_SOAK_MINUTES=$(MINUTES) $(PYTHON) -m pytest -q -s -p no:cacheprovider tests/fleet/test_soak.py

lint:
	$(PYTHON) tests/lint.py

demo: deps-demo
	@$(MAKE) --no-print-directory -s all romasim
	@tests/demo.sh $(B)

# Several hosts: etcd, and two rosterd of one fleet, one of which is killed.
demo-fleet:
	tests/deps.sh demo etcd-server
	@$(MAKE) --no-print-directory -s all romasim
	@tests/demo_fleet.sh $(B)

bench: deps
	@$(MAKE) --no-print-directory -s all romasim $(addprefix $(B)/tests/bench/,bare parts turns.so)
	$(PYTHON) tests/bench/bench.py $(B)
	$(PYTHON) tests/bench/bench.py $(B) --parts
	$(PYTHON) tests/bench/bench.py $(B) --instructions
	$(PYTHON) tests/bench/bench.py $(B) --modes
	$(PYTHON) tests/bench/bench.py $(B) --seen
	$(PYTHON) tests/bench/passes.py $(B)

# Figures of rosterd at its limits: minutes, and none of them is asserted.
bench-scale: deps
	@$(MAKE) --no-print-directory -s all romasim $(B)/tests/bench/turns.so
	$(PYTHON) tests/bench/scale.py $(B)

$(B)/tests/bench/turns.so: tests/bench/turns.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<

$(B)/tests/bench/parts: $(B)/tests/bench/parts.o $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/bench/bare: $(B)/tests/bench/bare.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcurl -ljson-c -lyaml

# libFuzzer with ASan and UBSan; what it finds is left in $(B)/fuzz/found.
SECONDS ?= 30
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined
comma := ,
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)) fuzz_page_reader_no_simd

fuzz: deps
	@$(MAKE) --no-print-directory -s B=$(B)/fuzz CC="$(CLANG)" FORTIFY= \
		CFLAGS="-O1 -g -fno-sanitize-recover=all $(FUZZ_SANITIZE)" \
		LDFLAGS="-fsanitize=fuzzer,address,undefined" fuzz-programs
	@tests/fuzz/run.sh $(B)/fuzz $(SECONDS) $(FUZZ_NAMES)

fuzz-programs: $(FUZZ_NAMES:%=$(B)/tests/fuzz/%)

$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) $(STOOD_IN_FOR) -o $@ $^ $(LIBS)

$(B)/tests/fuzz/fuzz_page_reader_no_simd: $(B)/tests/fuzz/fuzz_page_reader.o $(NO_SIMD_OBJECTS) $(B)/librosterd.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# What a target stands in for.
$(B)/tests/fuzz/fuzz_answer: STOOD_IN_FOR := -Wl,--wrap=http_answer_header
$(B)/tests/fuzz/fuzz_control: STOOD_IN_FOR := \
	$(patsubst %,-Wl$(comma)--wrap=server_%,new free reply reply_type reply_parts) -Wl,--wrap=socket_path_listen \
	-Wl,--wrap=handle_plan,--wrap=handle_channels \
	$(patsubst %,-Wl$(comma)--wrap=server_request_%,method path find header body uid may_change set_policy add_header is_remote)

# What `make install` lays. The units are templates of where the programs stand; programs are stripped,
# which also drops the paths that they were built in.
bindir = $(PREFIX)/bin
libexecdir = $(PREFIX)/lib/rosterd
systemddir = $(PREFIX)/lib/systemd
unitdir = $(systemddir)/system
mandir = $(PREFIX)/share/man
completiondir = $(PREFIX)/share/bash-completion/completions
# Where zsh looks: below /usr, for what a package brings.
zshdir = $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
fishdir = $(PREFIX)/share/fish/vendor_completions.d
sharedir = $(PREFIX)/share/rosterd
# Alert rules for Prometheus, a dashboard for Grafana.
MONITORING := rosterd.rules.yml rosterd.dashboard.json
DROP_IN = $(PREFIX)/share/doc/rosterd/http.conf
SCHEMAS := settings.schema.json roster.schema.json
UNITS := rosterd.service rosterd-git@.service rosterd-git@.timer
INSTALLED = $(DROP_IN) $(PROGRAMS:%=$(bindir)/%) $(libexecdir)/rosterd-git $(UNITS:%=$(unitdir)/%) \
	$(systemddir)/catalog/rosterd.catalog $(PREFIX)/lib/sysusers.d/rosterd.conf \
	$(mandir)/man8/rosterd.8 $(mandir)/man1/rosterctl.1 $(mandir)/man5/rosterd.yaml.5 \
	$(PROGRAMS:%=$(completiondir)/%) $(zshdir)/_rosterd $(PROGRAMS:%=$(fishdir)/%.fish) $(SCHEMAS:%=$(sharedir)/%) \
	$(MONITORING:%=$(sharedir)/%) $(PREFIX)/share/doc/rosterd/rosterd.yaml.example
INSTALL_FILE = install -D -m 644
# Of packages that keep what is stripped in one of their own: none.
STRIP = -s

# What editors check settings and rosters by.
$(SCHEMAS:%=$(B)/%): $(B)/%.schema.json: $(B)/rosterctl
	$(B)/rosterctl schema $* > $@.new
	mv $@.new $@

install: all $(SCHEMAS:%=$(B)/%)
	install -d $(DESTDIR)$(bindir)
	install $(STRIP) -m 755 $(PROGRAMS:%=$(B)/%) $(DESTDIR)$(bindir)
	install -D -m 755 systemd/rosterd-git.sh $(DESTDIR)$(libexecdir)/rosterd-git
	install -d $(DESTDIR)$(unitdir)
	for unit in $(UNITS); do \
		sed 's,@bindir@,$(bindir),; s,@libexecdir@,$(libexecdir),' systemd/$$unit \
			> $(DESTDIR)$(unitdir)/$$unit && \
		chmod 644 $(DESTDIR)$(unitdir)/$$unit || exit 1; done
	$(INSTALL_FILE) systemd/rosterd.catalog $(DESTDIR)$(systemddir)/catalog/rosterd.catalog
	$(INSTALL_FILE) systemd/rosterd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/rosterd.conf
	$(INSTALL_FILE) daemon/rosterd.8 $(DESTDIR)$(mandir)/man8/rosterd.8
	$(INSTALL_FILE) daemon/rosterctl.1 $(DESTDIR)$(mandir)/man1/rosterctl.1
	$(INSTALL_FILE) config/rosterd.yaml.5 $(DESTDIR)$(mandir)/man5/rosterd.yaml.5
	$(INSTALL_FILE) systemd/rosterd.bash-completion $(DESTDIR)$(completiondir)/rosterd
	$(INSTALL_FILE) systemd/rosterd.bash-completion $(DESTDIR)$(completiondir)/rosterctl
	$(INSTALL_FILE) systemd/rosterd.zsh-completion $(DESTDIR)$(zshdir)/_rosterd
	for program in $(PROGRAMS); do \
		$(INSTALL_FILE) systemd/rosterd.fish-completion $(DESTDIR)$(fishdir)/$$program.fish || exit 1; done
	install -d $(DESTDIR)$(sharedir) $(DESTDIR)$(PREFIX)/share/doc/rosterd
	install -m 644 $(SCHEMAS:%=$(B)/%) $(DESTDIR)$(sharedir)
	install -m 644 $(MONITORING:%=systemd/%) $(DESTDIR)$(sharedir)
	sed 's,/usr/share/rosterd,$(sharedir),' systemd/rosterd.yaml.example \
		> $(DESTDIR)$(PREFIX)/share/doc/rosterd/rosterd.yaml.example
	chmod 644 $(DESTDIR)$(PREFIX)/share/doc/rosterd/rosterd.yaml.example
	$(INSTALL_FILE) systemd/rosterd-http.conf $(DESTDIR)$(DROP_IN)
	@[ -n "$(DESTDIR)" ] || systemd/after-install.sh $(PREFIX) install

# Folders that others use as well stay while anything is in them.
uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	for folder in $(libexecdir) $(sharedir) $(PREFIX)/share/doc/rosterd; do \
		[ ! -d $(DESTDIR)$$folder ] || rmdir $(DESTDIR)$$folder || exit 1; done
	@[ -n "$(DESTDIR)" ] || systemd/after-install.sh $(PREFIX) uninstall

# Packages of the commit that is checked out, below $(B)/packages: its tarball, Debian's, and what rpm(8) installs.
dist:
	systemd/package.sh dist $(B)/packages

deb:
	@tests/deps.sh deb
	systemd/package.sh deb $(B)/packages

rpm:
	@tests/deps.sh rpm
	systemd/package.sh rpm $(B)/packages

# rosterd's decisions in imaginary worlds: make sim SEEDS=100000, or one again with make sim SEED=7.
SEEDS ?= 1000

sim: $(B)/tests/sim/sim
	@$< $(if $(SEED),--seed $(SEED),$(SEEDS))

# Several hosts on one etcd: make sim-fleet SEEDS=200000, or one again with make sim-fleet SEED=7. With
# FAULTS=1: whether the judge notices faults of the code that it is there for. With SCALE=1000: so many
# instances on three hosts, and what etcd is asked for.
.PHONY: sim-fleet
sim-fleet: $(B)/tests/sim/fleet/fleet
	@$< $(if $(FAULTS),--faults,$(if $(SCALE),--scale $(SCALE),$(if $(SEED),--seed $(SEED),$(SEEDS))))

# Small faults, and how many of them the tests notice: other ones with MUTANTS_SEED=N, in one room with
# ROOM=daemon/store, MUTANTS_JOBS=N at a time.
MUTANTS ?= 200
MUTANTS_SEED ?= 1
MUTANTS_JOBS ?= 1

mutants: deps
	@$(MAKE) --no-print-directory -s romasim
	$(PYTHON) tests/mutants.py --count $(MUTANTS) --seed $(MUTANTS_SEED) --jobs $(MUTANTS_JOBS) \
		$(ROOM:%=--room %)

# Every allocation of ours fails once, or (torture-whole) everybody's: a sample of them, or all with
# TORTURE_ALL=1.
WRAPPED := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
SECURE_ALLOC_WRAPPED := $(patsubst %,-Wl$(comma)--wrap=secure_alloc_%,alloc calloc realloc copy)

$(B)/tests/torture/rosterd: $(B)/tests/torture/wrap.o
	$(CC) $(ALL_LDFLAGS) $(WRAPPED) -o $@ $^ $(LIBS)

$(B)/tests/torture/rosterd-whole: $(B)/tests/torture/interpose.o
	$(CC) $(ALL_LDFLAGS) $(SECURE_ALLOC_WRAPPED) -o $@ $^ $(LIBS)

$(B)/tests/torture/rosterd $(B)/tests/torture/rosterd-whole: \
	$(B)/tests/torture/failing.o $(B)/daemon/rosterd.o $(OBJECTS)

torture: TORTURED := rosterd
torture-whole: TORTURED := rosterd-whole

torture torture-whole: deps
	@$(MAKE) --no-print-directory -s $(if $(ROMASIM),,romasim) $(B)/tests/torture/$(TORTURED)
	@ROMASIM=$(or $(ROMASIM),$(B)/tests/romasim/romasim) $(PYTHON) tests/torture/torture.py \
		$(B)/tests/torture/$(TORTURED)

# Lines and branches of config/ and reconcile/ that the unit tests and the simulator run. A branch
# that only leads out of an assert is none.
coverage:
	@tests/deps.sh check gcovr
	@find $(B)/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory -s B=$(B)/coverage FORTIFY= CFLAGS="-O0 -g --coverage" \
		LDFLAGS=--coverage unit $(B)/coverage/tests/sim/sim
	@for test in $(UNIT:$(B)/%=$(B)/coverage/%); do $$test >/dev/null 2>&1 || exit 1; done
	@$(B)/coverage/tests/sim/sim 300 >/dev/null
	@gcovr --root . --object-directory $(B)/coverage --filter config/ --filter reconcile/ \
		--exclude-throw-branches --print-summary

clean:
	rm -rf $(B)

.PHONY: all unit rows romasim deps deps-demo check check-fast check-fleet soak-fleet check-packages lint demo demo-fleet bench bench-scale fuzz fuzz-programs dist deb rpm sim anew mutants torture torture-whole coverage clean
.SECONDARY:
-include $(shell test -d $(B) && find $(B) -path $(B)/packages -prune -o -path $(B)/npm -prune -o -name '*.d' -print)
