/* SPDX-License-Identifier: MIT */
#include "daemon/web/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/web/metrics_channels.h"
#include "daemon/web/metrics_process.h"
#include "daemon/web/metrics_text.h"

/* Of which stage the next part is. */
typedef enum MetricsStage {
    METRICS_DAEMON,
    METRICS_INSTANCES,
    METRICS_CHANNELS,
    METRICS_PROCESS,
} MetricsStage;

struct Metrics {
    MetricsText text;
    WebView view;
    const Controller *controller;
    const Tally *tally;
    char **gateways; /* a label for each instance */
    size_t gateway_count;
    MetricsChannels *channels;
    MetricsStage stage;
    size_t metric, instance; /* METRICS_INSTANCES: which is next */
};

static const char *const metrics_operations[TALLY_OPERATION_COUNT] = {
    [REQUEST_LIST_CHANNELS] = "list_channels",   [REQUEST_LIST_MEMBERS] = "list_members",
    [REQUEST_DELETE_MEMBER] = "delete_member",   [REQUEST_ADD_MEMBERS] = "add_members",
    [REQUEST_DISABLE_MEMBER] = "disable_member", [REQUEST_ENABLE_MEMBER] = "enable_member",
};

/* ---- of the daemon ---- */

/* One sample that has its value in a label. */
static void metrics_put_info(Metrics *metrics, const char *name, const char *help,
                             const char *const *labels, size_t count)
{
    _cleanup_(buf_done) Buf text = {0};

    for (size_t i = 0; i < count; i += 2) {
        if (i > 0)
            buf_putc(&text, ',');
        metrics_text_append_label(&text, labels[i], labels[i + 1] ? labels[i + 1] : "");
    }
    metrics->text.buf->failed = metrics->text.buf->failed || text.failed;
    metrics_text_begin(&metrics->text, name, "gauge", help);
    metrics_text_put(&metrics->text, buf_text(&text), NULL, NULL, 1);
}

static void metrics_put_daemon(Metrics *metrics, const WebView *view)
{
    const Controller *controller = metrics->controller;
    const RosterSet *set = &controller->config->set;
    const char *const build[] = {"version", ROSTERD_VERSION};
    const char *const roster[] = {"digest", set->digest, "head", set->head};
    Err err = {0};

    metrics_put_info(metrics, "rosterd_build_info", "The version of rosterd.", build,
                     ELEMENTS(build));
    metrics_text_begin(&metrics->text, "rosterd_config_valid", "gauge",
                       "Whether settings and rosters are valid as they are on disk; else the last "
                       "good ones stay in force.");
    metrics_text_put(&metrics->text, "", NULL, NULL, !view->invalid[0]);
    metrics_text_begin(&metrics->text, "rosterd_config_last_load_timestamp_seconds", "gauge",
                       "When the settings and rosters in force were loaded.");
    metrics_text_put_usec(&metrics->text, "", NULL, NULL, controller->loaded_usec);
    metrics_put_info(metrics, "rosterd_roster_info",
                     "The digest of the rosters in force, and their commit in git.", roster,
                     ELEMENTS(roster));
    metrics_text_begin(&metrics->text, "rosterd_state_usable", "gauge",
                       "Whether the state can be written; without it nothing is changed.");
    metrics_text_put(&metrics->text, "", NULL, NULL,
                     backend_check_store(&controller->backend, &err) == 0);
}

/* ---- of each instance ---- */

static bool metrics_is_owner(const Metrics *metrics, size_t instance)
{
    return !controller_stands_by(metrics->controller, instance);
}

static void metrics_put_owner(const Metrics *metrics, size_t instance)
{
    metrics_text_put(&metrics->text, metrics->gateways[instance], NULL, NULL,
                     metrics_is_owner(metrics, instance));
}

static void metrics_put_passes(const Metrics *metrics, size_t instance)
{
    for (Result result = RESULT_IN_SYNC; result <= RESULT_FAILED; result++)
        metrics_text_put(&metrics->text, metrics->gateways[instance], "result",
                         report_result_text(result),
                         metrics->tally->instances[instance].passes[result]);
}

static void metrics_put_pass_durations(const Metrics *metrics, size_t instance)
{
    const TallyHistogram *pass = &metrics->tally->instances[instance].pass;

    metrics_text_put_histogram(&metrics->text, metrics->gateways[instance], tally_pass_bounds_usec,
                               pass->counts, ELEMENTS(pass->counts), pass->sum_usec);
}

static void metrics_put_last_pass(const Metrics *metrics, size_t instance)
{
    metrics_text_put_usec(&metrics->text, metrics->gateways[instance], NULL, NULL,
                          metrics->tally->instances[instance].last_pass_usec);
}

static void metrics_put_failed_passes(const Metrics *metrics, size_t instance)
{
    metrics_text_put(&metrics->text, metrics->gateways[instance], NULL, NULL,
                     metrics->tally->instances[instance].failed_passes);
}

/* The word of a code: what is no status has a word of its own. */
static const char *metrics_code_text(int code, char text[static 16])
{
    static const char *const words[] = {
        [TALLY_NOT_SENT] = "not_sent",
        [TALLY_LOST] = "lost",
        [TALLY_TIMEOUT] = "timeout",
    };

    if (code >= 0 && (size_t)code < ELEMENTS(words))
        return words[code];
    snprintf(text, 16, "%d", code);
    return text;
}

static char *metrics_operation_labels(const Metrics *metrics, size_t instance, size_t operation)
{
    Buf labels = {0};

    buf_printf(&labels, "%s,operation=\"%s\"", metrics->gateways[instance],
               metrics_operations[operation]);
    return buf_take(&labels);
}

static void metrics_put_answers(const Metrics *metrics, size_t instance)
{
    for (size_t i = 0; i < TALLY_OPERATION_COUNT; i++) {
        const TallyAnswers *answers = &metrics->tally->instances[instance].answers[i];
        _cleanup_free_ char *labels = metrics_operation_labels(metrics, instance, i);
        char text[16];

        for (size_t j = 0; j < answers->code_count && labels; j++)
            metrics_text_put(&metrics->text, labels, "code",
                             metrics_code_text(answers->codes[j].code, text),
                             answers->codes[j].count);
        metrics->text.buf->failed = metrics->text.buf->failed || !labels;
    }
}

static void metrics_put_request_durations(const Metrics *metrics, size_t instance)
{
    for (size_t i = 0; i < TALLY_OPERATION_COUNT; i++) {
        const TallyHistogram *requests = &metrics->tally->instances[instance].requests[i];
        _cleanup_free_ char *labels = metrics_operation_labels(metrics, instance, i);

        if (labels && metrics->tally->instances[instance].answers[i].code_count > 0)
            metrics_text_put_histogram(&metrics->text, labels, tally_request_bounds_usec,
                                       requests->counts, ELEMENTS(requests->counts),
                                       requests->sum_usec);
        metrics->text.buf->failed = metrics->text.buf->failed || !labels;
    }
}

static void metrics_put_retries(const Metrics *metrics, size_t instance)
{
    for (size_t i = 0; i < TALLY_OPERATION_COUNT; i++)
        metrics_text_put(&metrics->text, metrics->gateways[instance], "operation",
                         metrics_operations[i], metrics->tally->instances[instance].retries[i]);
}

/* Whole seconds, for the two clocks are read one after the other. */
static void metrics_put_expiry(const Metrics *metrics, size_t instance)
{
    uint64_t now_usec = clock_monotonic_usec(), realtime_usec = clock_realtime_usec();
    RomaCredential credential =
        roma_client_credential(metrics->controller->backend.client, instance);

    if (credential.expires_usec != USEC_NEVER)
        metrics_text_put(&metrics->text, metrics->gateways[instance], NULL, NULL,
                         (realtime_usec - now_usec + credential.expires_usec) / USEC_PER_SEC);
}

static void metrics_put_credential_failures(const Metrics *metrics, size_t instance)
{
    RomaCredential credential =
        roma_client_credential(metrics->controller->backend.client, instance);

    metrics_text_put(&metrics->text, metrics->gateways[instance], NULL, NULL,
                     credential.failure_count);
}

#define METRICS_OWNER 0 /* its place among them */

static const struct {
    const char *name, *type, *help;
    void (*put)(const Metrics *metrics, size_t instance);
} metrics_of_instances[] = {
    {"rosterd_owner", "gauge", "Whether this host makes the passes over the instance.",
     metrics_put_owner},
    {"rosterd_passes_total", "counter", "Passes that ended by themselves, by their worst result.",
     metrics_put_passes},
    {"rosterd_pass_duration_seconds", "histogram", "How long these passes took.",
     metrics_put_pass_durations},
    {"rosterd_last_pass_timestamp_seconds", "gauge",
     "When the last of these passes ended; 0 before the first.", metrics_put_last_pass},
    {"rosterd_failed_passes", "gauge", "Passes in a row in which anything failed.",
     metrics_put_failed_passes},
    {"rosterd_api_requests_total", "counter",
     "Requests to the service by what came of them: the HTTP status, timeout, lost or not_sent.",
     metrics_put_answers},
    {"rosterd_api_request_duration_seconds", "histogram",
     "How long requests took that were sent, with their answers.", metrics_put_request_durations},
    {"rosterd_api_retries_total", "counter", "Requests that were sent again.", metrics_put_retries},
    {"rosterd_credential_expiry_timestamp_seconds", "gauge",
     "When the credential in use expires, where that is known.", metrics_put_expiry},
    {"rosterd_credential_failures_total", "counter",
     "How often no credential could be had that the service takes.",
     metrics_put_credential_failures},
};

/* As metrics_channels_append(). */
static bool metrics_append_of_instances(Metrics *metrics, size_t size_max)
{
    size_t count = metrics->controller->config->instance_count;

    for (; metrics->metric < ELEMENTS(metrics_of_instances); metrics->metric++) {
        size_t metric = metrics->metric;

        if (metrics->text.buf->size >= size_max)
            return false;
        if (metrics->instance == 0)
            metrics_text_begin(&metrics->text, metrics_of_instances[metric].name,
                               metrics_of_instances[metric].type,
                               metrics_of_instances[metric].help);
        while (metrics->instance < count) {
            size_t instance = metrics->instance++;

            /* Of another host's, that host tells the rest. */
            if (metric == METRICS_OWNER || metrics_is_owner(metrics, instance))
                metrics_of_instances[metric].put(metrics, instance);
            if (metrics->text.buf->size >= size_max)
                break;
        }
        if (metrics->instance < count)
            return false;
        metrics->instance = 0;
    }
    return true;
}

/* ---- all of it ---- */

static int metrics_label_instances(Metrics *metrics)
{
    const Config *config = metrics->controller->config;

    metrics->gateways = calloc(config->instance_count + 1, sizeof(*metrics->gateways));
    if (!metrics->gateways)
        return -ENOMEM;
    for (size_t i = 0; i < config->instance_count; i++) {
        Buf label = {0};

        metrics_text_append_label(&label, "gateway", config->instances[i].name);
        metrics->gateways[i] = buf_take(&label);
        if (!metrics->gateways[i])
            return -ENOMEM;
        metrics->gateway_count++;
    }
    return 0;
}

Metrics *metrics_new(const WebView *view)
{
    Metrics *metrics = calloc(1, sizeof(*metrics));

    if (!metrics)
        return NULL;
    metrics->view = *view;
    metrics->controller = view->controller;
    metrics->tally = view->controller->backend.tally;
    if (metrics_label_instances(metrics) == 0)
        metrics->channels = metrics_channels_new(metrics->controller, metrics->gateways);
    if (metrics->channels)
        return metrics;
    metrics_free(metrics);
    return NULL;
}

void metrics_free(Metrics *metrics)
{
    if (!metrics)
        return;
    metrics_channels_free(metrics->channels);
    for (size_t i = 0; i < metrics->gateway_count; i++)
        free(metrics->gateways[i]);
    free(metrics->gateways);
    free(metrics);
}

bool metrics_append_part(Metrics *metrics, size_t size_max, Buf *buf)
{
    metrics->text.buf = buf;
    if (metrics->stage == METRICS_DAEMON) {
        metrics_put_daemon(metrics, &metrics->view);
        metrics->stage++;
    }
    if (metrics->stage == METRICS_INSTANCES && metrics_append_of_instances(metrics, size_max))
        metrics->stage++;
    if (metrics->stage == METRICS_CHANNELS &&
        metrics_channels_append(metrics->channels, size_max, buf))
        metrics->stage++;
    if (metrics->stage != METRICS_PROCESS)
        return false;
    metrics_process_append(buf);
    return true;
}
