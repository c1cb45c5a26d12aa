/* SPDX-License-Identifier: MIT */
#include "daemon/report/list_json.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

static const char *const list_keys[LIST_COUNT] = {
    [LIST_MISSING] = "missing",
    [LIST_EXTRA] = "extra",
    [LIST_ADDED] = "added",
    [LIST_CHANGED] = "changed",
};

/* ---- rows ---- */

static void list_json_put_member(JsonWriter *writer, const ChannelReport *report, const char *group,
                                 const char *address, uint16_t port)
{
    json_put_string(writer, "group", group);
    json_put_string(writer, report->is_ecs ? "ecs_id" : "host", address);
    json_put_number(writer, "port", port);
}

static void list_json_put_missing(JsonWriter *writer, const ChannelReport *report,
                                  const MissingReport *missing)
{
    json_open_object(writer, NULL);
    list_json_put_member(writer, report, missing->group, missing->address, missing->port);
    json_close_object(writer);
}

static void list_json_put_added(JsonWriter *writer, const ChannelReport *report,
                                const AddedReport *added)
{
    json_open_object(writer, NULL);
    list_json_put_member(writer, report, added->group, added->address, added->port);
    json_put_string(writer, "outcome", ops_outcome_text(added->outcome));
    json_put_number(writer, "attempts", added->attempts);
    json_close_object(writer);
}

static void list_json_put_extra(JsonWriter *writer, const ChannelReport *report,
                                const ExtraReport *extra)
{
    char until[CLOCK_RFC3339_SIZE];

    json_open_object(writer, NULL);
    json_put_string(writer, "id", extra->id);
    list_json_put_member(writer, report, extra->group, extra->address, extra->port);
    json_put_string(writer, "outcome", ops_outcome_text(extra->outcome));
    json_put_number(writer, "attempts", extra->attempts);
    if (extra->enters)
        json_put_string(writer, "change", change_kind_text(CHANGE_DISABLE));
    if (extra->outcome == OUTCOME_QUARANTINED) {
        clock_format_rfc3339(extra->until_usec, until);
        json_put_string(writer, "until", until);
    }
    json_close_object(writer);
}

/* The fields that differ: {"weight": {"live": 1, "roster": 5}}. */
static void list_json_put_fields(JsonWriter *writer, const ChangedReport *changed)
{
    const RosterMember *member = changed->member;

    json_open_object(writer, "fields");
    if (changed->states & ROSTER_MEMBER_WEIGHT) {
        json_open_object(writer, "weight");
        json_put_number(writer, "live", (uint64_t)changed->live.weight);
        json_put_number(writer, "roster", member->weight);
        json_close_object(writer);
    }
    if (changed->states & ROSTER_MEMBER_BACKUP) {
        json_open_object(writer, "backup");
        json_put_bool(writer, "live", changed->live.is_backup);
        json_put_bool(writer, "roster", member->backup);
        json_close_object(writer);
    }
    if (changed->states & ROSTER_MEMBER_ENABLED) {
        json_open_object(writer, "enabled");
        json_put_bool(writer, "live", changed->live.is_enabled);
        json_put_bool(writer, "roster", member->enabled);
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void list_json_put_changed(JsonWriter *writer, const ChannelReport *report,
                                  const ChangedReport *changed)
{
    json_open_object(writer, NULL);
    json_put_string(writer, "id", changed->id);
    list_json_put_member(writer, report, config_member_group(changed->member),
                         changed->member->address, changed->port);
    list_json_put_fields(writer, changed);
    json_put_string(writer, "outcome", ops_outcome_text(changed->outcome));
    json_close_object(writer);
}

static size_t list_json_count(const ChannelReport *report, ListKind list)
{
    const size_t counts[LIST_COUNT] = {
        [LIST_MISSING] = report->missing_count,
        [LIST_EXTRA] = report->extra_count,
        [LIST_ADDED] = report->added_count,
        [LIST_CHANGED] = report->changed_count + report->enabled_count,
    };

    return counts[list];
}

/* Those that are to be enabled stand behind those that are to be corrected. */
static const ChangedReport *list_json_changed(const ChannelReport *report, size_t number)
{
    return number < report->changed_count ? &report->changed[number]
                                          : &report->enabled[number - report->changed_count];
}

static void list_json_put_row(JsonWriter *writer, const ChannelReport *report, ListKind list,
                              size_t number)
{
    switch (list) {
    case LIST_MISSING:
        list_json_put_missing(writer, report, &report->missing[number]);
        break;
    case LIST_EXTRA:
        list_json_put_extra(writer, report, &report->extras[number]);
        break;
    case LIST_ADDED:
        list_json_put_added(writer, report, &report->added[number]);
        break;
    case LIST_CHANGED:
    case LIST_COUNT:
        list_json_put_changed(writer, report, list_json_changed(report, number));
        break;
    }
}

/* ---- lists ---- */

static size_t list_json_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

ListKind list_json_find(const char *key)
{
    ListKind list = 0;

    while (list < LIST_COUNT && !str_equal(list_keys[list], key))
        list++;
    return list;
}

/* Takes from what is left. */
static ListSpan list_json_choose_of(ReportRows *rows, ListKind list, size_t count)
{
    size_t begin = list_json_least(rows->from, count);
    size_t shown = list_json_least(count - begin, rows->each_max);

    if (rows->is_one && list != rows->only)
        return (ListSpan){count, count, count};
    if (shown > rows->left)
        shown = rows->left > 0 ? rows->left : 1;
    rows->left -= list_json_least(shown, rows->left);
    return (ListSpan){begin, begin + shown, count};
}

void list_json_choose(const ChannelReport *report, ReportRows *rows,
                      ListSpan ret_spans[static LIST_COUNT])
{
    for (ListKind list = 0; list < LIST_COUNT; list++) {
        size_t count = list_json_count(report, list);

        ret_spans[list] =
            rows ? list_json_choose_of(rows, list, count) : (ListSpan){0, count, count};
    }
}

void list_json_put(JsonWriter *writer, const ChannelReport *report, ListKind list, ListSpan span)
{
    json_open_array(writer, list_keys[list]);
    for (size_t i = span.begin; i < span.end; i++)
        list_json_put_row(writer, report, list, i);
    json_close_array(writer);
}

bool list_json_put_part(JsonWriter *writer, const ChannelReport *report, ListKind list, size_t *at,
                        size_t *left)
{
    size_t count = list_json_count(report, list);

    /* It is opened with its first row, once. */
    if (*at == 0 && count > 0 && *left == 0)
        return false;
    if (*at == 0)
        json_open_array(writer, list_keys[list]);
    for (; *at<count && * left> 0; (*left)--)
        list_json_put_row(writer, report, list, (*at)++);
    if (*at < count)
        return false;
    json_close_array(writer);
    *at = 0;
    return true;
}

/* ---- what is not shown ---- */

static Outcome list_json_outcome(const ChannelReport *report, ListKind list, size_t number)
{
    if (list == LIST_EXTRA)
        return report->extras[number].outcome;
    return list == LIST_ADDED ? report->added[number].outcome
                              : list_json_changed(report, number)->outcome;
}

static void list_json_put_outcomes(JsonWriter *writer, const ChannelReport *report, ListKind list,
                                   ListSpan span)
{
    uint64_t counts[OUTCOME_CHANGED + 1] = {0};

    for (size_t i = span.end; i < span.count; i++)
        counts[list_json_outcome(report, list, i)]++;
    json_open_object(writer, "outcomes");
    for (Outcome outcome = 0; outcome <= OUTCOME_CHANGED; outcome++) {
        if (counts[outcome] > 0)
            json_put_number(writer, ops_outcome_text(outcome), counts[outcome]);
    }
    json_close_object(writer);
}

void list_json_put_more(JsonWriter *writer, const ChannelReport *report,
                        const ListSpan spans[static LIST_COUNT])
{
    bool is_any = false;

    for (ListKind list = 0; list < LIST_COUNT; list++) {
        if (spans[list].end == spans[list].count)
            continue;
        if (!is_any)
            json_open_object(writer, "more");
        is_any = true;
        json_open_object(writer, list_keys[list]);
        json_put_number(writer, "rows", spans[list].count - spans[list].end);
        if (list != LIST_MISSING)
            list_json_put_outcomes(writer, report, list, spans[list]);
        json_close_object(writer);
    }
    if (is_any)
        json_close_object(writer);
}
