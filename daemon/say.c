/* What a beat says in the log: see say.h. */
#include "daemon/say.h"

#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/events.h"
#include "daemon/message_ids.h"
#include "daemon/twins.h"
#include "reconcile/plan/identity.h"

const char *say_instance_name(const Beat *beat)
{
    return beat->door->config->instances[beat->instance].name;
}

/* `what` is said of a roster's entry by itself: what it resolves to may change. */
static void say_subject(const char *what, const RosterChannel *roster, char *ret_subject,
                        size_t size)
{
    snprintf(ret_subject, size, "%s%s%s", what, roster->name ? "name " : "id ",
             roster->name ? roster->name : roster->id);
}

/* A channel's state is said when it changes; an instance's outage at its start and its end, and
 * what its channels suffer by it not at all. */
static bool say_is_news(Beat *beat, const Event *event)
{
    char subject[256], text[sizeof(event->err->text) + DIGEST_HEX_SIZE + 1];

    switch (event->kind) {
    case EVENT_INSTANCE_FAILED:
    case EVENT_RETRY:
        return beat->trouble_since_usec == 0;
    case EVENT_CHANNEL_FAILED:
        if (beat->trouble_since_usec)
            return false;
        break;
    case EVENT_HELD:
        break;
    case EVENT_DELETED:
    case EVENT_DELETE_FAILED:
    case EVENT_ADDED:
    case EVENT_ADD_FAILED:
    case EVENT_RENEWED:
        return true;
    }
    say_subject("", event->roster, subject, sizeof(subject));
    snprintf(text, sizeof(text), "%s %s", event->err->text, event->digest);
    return news_is_new(&beat->news, subject, text);
}

void say_event(const Event *event, void *userdata)
{
    Beat *beat = userdata;

    if (event->kind == EVENT_INSTANCE_FAILED)
        beat->instance_failed = true;
    events_log(event, say_is_news(beat, event));
}

const char *say_channel_name(const ChannelReport *report)
{
    if (report->name)
        return report->name;
    return report->id ? report->id : "";
}

void say_recovered(Beat *beat, const ChannelReport *report)
{
    const LogFields fields = {
        .message_id = MESSAGE_CHANNEL_RECOVERED,
        .instance = say_instance_name(beat),
        .channel = say_channel_name(report),
    };
    char subject[256];

    if (report->result != RESULT_IN_SYNC && report->result != RESULT_CONVERGED)
        return;
    say_subject("", report->channel, subject, sizeof(subject));
    if (news_forget(&beat->news, subject))
        log_event(LOG_LEVEL_NOTICE, &fields, "%s/%s: is well again: %s", fields.instance,
                  fields.channel, report_result_text(report->result));
}

/* Unless the pass has said so itself. */
void say_outage(Beat *beat, const Report *report)
{
    const LogFields fields = {.message_id = MESSAGE_OUTAGE, .instance = say_instance_name(beat)};

    if (!beat->instance_failed)
        log_event(LOG_LEVEL_ERR, &fields, "%s: none of its channels can be read: %s",
                  fields.instance, report->channels[0].error.text);
}

void say_recovery(const Beat *beat)
{
    const LogFields fields = {.message_id = MESSAGE_RECOVERED, .instance = say_instance_name(beat)};
    char span[32];

    clock_format_duration(clock_monotonic_usec() - beat->trouble_since_usec, span, sizeof(span));
    log_event(LOG_LEVEL_ERR, &fields, "%s: works again, after %s", fields.instance, span);
}

/* "in group blue", "in no group", "at port 80", or both: what tells twins apart. */
static void say_place(TwinKind kind, const char *group, uint16_t port, char *ret_text, size_t size)
{
    char at_port[32] = "";

    if (kind != TWIN_OTHER_GROUP)
        snprintf(at_port, sizeof(at_port), "at port %u", port);
    if (kind == TWIN_OTHER_PORT)
        str_copy(ret_text, size, at_port);
    else
        snprintf(ret_text, size, "in %s%.200s%s%s", group[0] ? "group " : "no group", group,
                 at_port[0] ? " " : "", at_port);
}

static void say_one_twin(const LogFields *fields, const MissingReport *missing,
                         const ExtraReport *extra, TwinKind kind, size_t count)
{
    char wanted[256], live[256], address[256], others[48] = "";

    say_place(kind, missing->group, missing->port, wanted, sizeof(wanted));
    say_place(kind, extra->group, extra->port, live, sizeof(live));
    if (kind == TWIN_OTHER_GROUP)
        identity_format("", missing->address, missing->port, address, sizeof(address));
    else
        str_copy(address, sizeof(address), missing->address);
    if (count > 1)
        snprintf(others, sizeof(others), "; likewise %zu more", count - 1);
    log_event(LOG_LEVEL_WARNING, fields,
              "%s/%s: %s is wanted, but %s: %s it is an extra (%s), see rosterd.yaml(5)%s",
              fields->instance, fields->channel, address, wanted, live,
              report_outcome_text(extra->outcome), others);
}

/* One line for a channel, however many there are, and once for each plan. */
static void say_twins(Beat *beat, const ChannelReport *report)
{
    const LogFields fields = {
        .message_id = MESSAGE_TWIN,
        .instance = say_instance_name(beat),
        .channel = say_channel_name(report),
        .digest = report->digest,
    };
    _cleanup_(twins_done) Twins twins = {0};
    const MissingReport *missing = NULL;
    const ExtraReport *extra = NULL;
    TwinKind kind = TWIN_OTHER_BOTH, other;
    char subject[256];
    size_t count = 0;

    twins_collect(&twins, report);
    for (size_t i = report->missing_count; i > 0; i--) {
        const ExtraReport *twin = twins_find(&twins, &report->missing[i - 1], &other);

        if (!twin)
            continue;
        count++;
        missing = &report->missing[i - 1];
        extra = twin;
        kind = other;
    }
    say_subject("twin of ", report->channel, subject, sizeof(subject));
    if (count > 0 && news_is_new(&beat->news, subject, report->digest))
        say_one_twin(&fields, missing, extra, kind, count);
}

/* Drift that stays is said once, like a hold: an observing daemon has nothing else to say. */
void say_drift(Beat *beat, const ChannelReport *report)
{
    const LogFields fields = {
        .message_id = MESSAGE_DRIFT,
        .instance = say_instance_name(beat),
        .channel = say_channel_name(report),
        .digest = report->digest,
    };
    char subject[256], text[256], news[sizeof(text) + DIGEST_HEX_SIZE];

    say_twins(beat, report);
    if (report->result != RESULT_DRIFT && report->result != RESULT_PAUSED)
        return;
    say_subject("", report->channel, subject, sizeof(subject));
    if (report->has_list)
        snprintf(text, sizeof(text), "%s: %zu extra, %zu missing",
                 report_result_text(report->result), report->extra_count, report->missing_count);
    else
        snprintf(text, sizeof(text), "not read: %.200s", report->error.text);
    snprintf(news, sizeof(news), "%s %s", text, report->digest);
    if (news_is_new(&beat->news, subject, news))
        log_event(LOG_LEVEL_NOTICE, &fields, "%s/%s: %s", fields.instance, fields.channel, text);
}
