/* SPDX-License-Identifier: MIT */
#include "daemon/report/fleet_text.h"

#include <inttypes.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/report/row.h"
#include "daemon/report/table.h"
#include "reconcile/report/report.h"

/* ---- one instance ---- */

/* The words of "state", as handle_fleet.h has them, and what people read. */
static const struct {
    const char *state;
    const char *words;
    Colour colour;
} fleet_states[] = {
    {"owned", "owned", COLOUR_GREEN},
    {"waits", "waits for handover", COLOUR_YELLOW},
    {"changing_hands", "changes hands", COLOUR_YELLOW},
    {"elsewhere", "owned", COLOUR_GREEN},
    {"unknown", "not known", COLOUR_YELLOW},
    {"nobody", "owned by nobody", COLOUR_RED},
};

static size_t fleet_text_find_state(const Json *instance)
{
    const char *state = row_text(instance, "state");
    size_t i = 0;

    while (i + 1 < ELEMENTS(fleet_states) && !str_equal(fleet_states[i].state, state))
        i++;
    return i;
}

/* One that is not in the settings of this host has no name here. */
static const char *fleet_text_name(const Json *instance)
{
    return row_text(instance, "name")[0] ? row_text(instance, "name") : "(not in these settings)";
}

void fleet_text_append_owner(const Json *instance, Buf *buf)
{
    const char *owner = row_text(instance, "owner"), *since = row_text(instance, "since");
    const char *last = row_text(instance, "last"), *from = row_text(instance, "change_from");
    const char *why = row_text(instance, "why");

    if (owner[0])
        buf_printf(buf, "owned by %s%s%s", owner, since[0] ? " since " : "", since);
    else
        buf_printf(buf, "owned by nobody%s%s", last[0] ? ", last by " : "", last);
    if (str_equal(row_text(instance, "state"), "changing_hands"))
        buf_puts(buf, ", changes hands at this moment");
    if (str_equal(row_text(instance, "state"), "unknown"))
        buf_puts(buf, " when etcd answered last");
    if (from[0])
        buf_printf(buf, "; reads, and changes nothing before %s (handover)", from);
    if (why[0])
        buf_printf(buf, "; %s", why);
}

void fleet_text_append_record(const Json *record, Buf *buf)
{
    const Json *results = json_find(record, "results");
    uint64_t channels = row_number(record, "channels"), good;
    size_t shown = 0;

    if (!results)
        return;
    good = row_number(results, report_result_text(RESULT_IN_SYNC)) +
           row_number(results, report_result_text(RESULT_CONVERGED));
    buf_printf(buf, "%" PRIu64 " of %" PRIu64 " channel%s in sync", good, channels,
               channels == 1 ? "" : "s");
    for (size_t worse = RESULT_FAILED + 1; worse > RESULT_PAUSED; worse--) {
        const char *word = report_result_text((Result)(worse - 1));
        uint64_t count = row_number(results, word);

        if (count > 0)
            buf_printf(buf, "%s%" PRIu64 " %s", shown++ ? ", " : "; ", count, page_words_of(word));
    }
}

/* ---- the fleet ---- */

void fleet_text_append_trouble(const Page *page, const Json *fleet)
{
    const char *trouble = row_text(fleet, "trouble");
    const Json *lease = json_find(fleet, "lease");

    if (trouble[0]) {
        page_paint(page, COLOUR_RED, "fleet: %s", trouble);
        page_newline(page);
    }
    if (row_is_true(fleet, "name_taken")) {
        page_paint(page, COLOUR_RED,
                   "fleet: another rosterd holds the name %s: this one stands by; give each host a "
                   "name of its own (fleet.host)",
                   row_text(fleet, "host"));
        page_newline(page);
    }
    if (!row_is_true(lease, "held")) {
        page_paint(page, COLOUR_RED,
                   "fleet: %s holds no lease: it owns nothing and changes nothing until etcd gives "
                   "it one",
                   row_text(fleet, "host"));
        page_newline(page);
    } else if (!row_is_true(fleet, "current")) {
        page_paint(page, COLOUR_YELLOW,
                   "fleet: what other hosts do is not known at the moment: what is told of them is "
                   "as it was");
        page_newline(page);
    }
    if (row_is_true(fleet, "drained")) {
        page_paint(page, COLOUR_YELLOW,
                   "fleet: %s is drained: it takes no instance until `rosterctl fleet undrain` or "
                   "a restart",
                   row_text(fleet, "host"));
        page_newline(page);
    }
}

static void fleet_text_head(const Page *page, const Json *fleet)
{
    const Json *lease = json_find(fleet, "lease");

    page_printf(page, "fleet %s, as %s knows it at %s", row_text(fleet, "prefix"),
                row_text(fleet, "host"), row_text(fleet, "time"));
    if (row_is_true(lease, "held"))
        page_printf(page, "; its lease has %s s left", row_text(lease, "left_seconds"));
    page_newline(page);
    fleet_text_append_trouble(page, fleet);
}

static int fleet_text_hosts(const Page *page, const Json *fleet)
{
    static const char *const titles[] = {"HOST",    "#OWNS",    "#MOST", "VERSION",
                                         "ROSTERS", "GIT HEAD", "SINCE", NULL};
    Table table;
    int r;

    table_init(&table, titles);
    for (size_t i = 0; i < row_count(fleet, "hosts"); i++) {
        const Json *host = row_at(fleet, "hosts", i);
        const Json *roster = json_find(host, "roster");
        const char *head = row_text(roster, "head"), *most = row_text(host, "max_instances");

        table_add_row(&table);
        table_printf(&table, "%s%s", row_text(host, "name"),
                     row_is_true(host, "self") ? " (this one)" : "");
        table_add(&table, row_text(host, "instances"), COLOUR_PLAIN);
        table_add(&table, most[0] ? most : NULL, COLOUR_PLAIN);
        table_add(&table, row_text(host, "version"), COLOUR_PLAIN);
        table_printf(&table, "%.*s", DIGEST_SHORT, row_text(roster, "digest"));
        if (head[0])
            table_printf(&table, "%.*s", DIGEST_SHORT, head);
        else
            table_add(&table, NULL, COLOUR_PLAIN);
        table_add(&table, row_text(host, "since"), COLOUR_PLAIN);
        if (row_is_true(host, "drained"))
            table_note(&table, "drained: takes no instance");
    }
    page_newline(page);
    r = table_append(&table, page->colour, page->buf);
    table_done(&table);
    return r;
}

static void fleet_text_instance(Table *table, const Json *instance)
{
    const Json *record = json_find(instance, "record");
    const char *owner = row_text(instance, "owner"), *last = row_text(instance, "last");
    const char *from = row_text(instance, "change_from"), *why = row_text(instance, "why");
    size_t state = fleet_text_find_state(instance);
    _cleanup_(buf_done) Buf text = {0};

    fleet_text_append_record(record, &text);
    table->failed = table->failed || text.failed;
    table_add_row(table);
    table_add(table, fleet_text_name(instance), COLOUR_PLAIN);
    table_add(table, owner[0] ? owner : NULL, COLOUR_PLAIN);
    table_add(table, fleet_states[state].words, fleet_states[state].colour);
    table_add(table, row_text(instance, "since")[0] ? row_text(instance, "since") : NULL,
              COLOUR_PLAIN);
    table_add(table, row_text(record, "ended")[0] ? row_text(record, "ended") : NULL, COLOUR_PLAIN);
    table_add(table, text.size > 0 ? buf_text(&text) : NULL, COLOUR_PLAIN);
    if (!row_text(instance, "name")[0])
        table_note(table, "%s", row_text(instance, "key"));
    if (from[0])
        table_note(table, "reads, and changes nothing before %s", from);
    if (!owner[0] && last[0])
        table_note(table, "the last owner was %s", last);
    if (why[0])
        table_note(table, "%s", why);
}

static int fleet_text_instances(const Page *page, const Json *fleet)
{
    static const char *const titles[] = {"INSTANCE",  "OWNER",  "STATE", "SINCE",
                                         "LAST PASS", "RESULT", NULL};
    Table table;
    int r;

    table_init(&table, titles);
    for (size_t i = 0; i < row_count(fleet, "instances"); i++)
        fleet_text_instance(&table, row_at(fleet, "instances", i));
    page_newline(page);
    r = table_append(&table, page->colour, page->buf);
    table_done(&table);
    return r;
}

int fleet_text_append(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    int r;

    fleet_text_head(&page, root);
    r = fleet_text_hosts(&page, root);
    if (r == 0)
        r = fleet_text_instances(&page, root);
    return r < 0 ? r : buf_failed(buf);
}
