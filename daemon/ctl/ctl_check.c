/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/closed.h"
#include "daemon/base/clock.h"
#include "daemon/base/environment.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/check/check.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/cli/print.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/notify/destination.h"
#include "daemon/report/survey.h"
#include "daemon/report/validation.h"
#include "daemon/web/listener_files.h"

/* What was told so far. */
typedef struct CtlCheck {
    const Options *options;
    Buf json;
    JsonWriter writer;
    bool has_failed;
    bool cannot_print;
} CtlCheck;

static const char *ctl_check_word(CheckResult result)
{
    switch (result) {
    case CHECK_FAILED:
        return "failed";
    case CHECK_UNTRIED:
        return "not tried";
    case CHECK_OK:
        break;
    }
    return "ok";
}

/* "prod TLS: ok, ..." at once, for the next one may have to wait. */
static void ctl_check_print(CtlCheck *check, const CheckLine *line)
{
    _cleanup_(buf_done) Buf text = {0}, shown = {0};

    buf_printf(&text, "%s%s%s: %s, %s", line->instance ? line->instance : "",
               line->instance ? " " : "", line->step, ctl_check_word(line->result), line->text);
    utf8_append_shown(&shown, buf_text(&text));
    buf_putc(&shown, '\n');
    check->cannot_print |=
        buf_failed(&text) < 0 || buf_failed(&shown) < 0 || ctl_print(&shown) != EXIT_IN_SYNC;
}

static void ctl_check_on_line(void *userdata, const CheckLine *line)
{
    CtlCheck *check = userdata;

    check->has_failed |= line->result == CHECK_FAILED;
    if (!check->options->json) {
        ctl_check_print(check, line);
        return;
    }
    json_open_object(&check->writer, NULL);
    json_put_text(&check->writer, "instance", line->instance);
    json_put_text(&check->writer, "step", line->step);
    json_put_text(&check->writer, "result", ctl_check_word(line->result));
    json_put_text(&check->writer, "text", line->text);
    json_close_object(&check->writer);
}

static void ctl_check_tell(CtlCheck *check, const char *step, CheckResult result, const char *text)
{
    const CheckLine line = {NULL, step, result, text};

    ctl_check_on_line(check, &line);
}

/* ---- what needs no service ---- */

static int ctl_check_settings(CtlCheck *check, const Config *config)
{
    _cleanup_(buf_done) Buf valid = {0}, rosters = {0};

    validation_append_valid(config, &valid);
    buf_printf(&rosters, "%zu channel%s listed", config->channel_count,
               config->channel_count == 1 ? " is" : "s are");
    if (buf_failed(&valid) < 0 || buf_failed(&rosters) < 0)
        return -ENOMEM;
    valid.data[strcspn(valid.data, "\n")] = '\0';
    ctl_check_tell(check, "settings", CHECK_OK, valid.data);
    if (config->channel_count > 0)
        ctl_check_tell(check, "rosters", CHECK_OK, buf_text(&rosters));
    else
        ctl_check_tell(
            check, "rosters", CHECK_FAILED,
            "no channel is listed, and rosterd does not begin without one: rosterctl "
            "channels shows what there is, rosterctl export --output DIR writes the first "
            "rosters");
    return 0;
}

static int ctl_check_proxies(CtlCheck *check)
{
    _cleanup_(buf_done) Buf text = {0};

    environment_append_proxies(&text);
    if (text.size == 0)
        buf_puts(&text, "none is set in this environment");
    else
        buf_puts(&text,
                 ": set in this environment, and not used: `proxy` of an instance names one");
    if (buf_failed(&text) < 0)
        return -ENOMEM;
    ctl_check_tell(check, "proxies", CHECK_OK, buf_text(&text));
    return 0;
}

/* Without a daemon all may be well: whoever checks has not begun it yet. */
static void ctl_check_socket(CtlCheck *check)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int r = ctl_get(check->options, CONTROL_PATH_PROGRESS, &root, &err);

    if (r == 0)
        ctl_check_tell(check, "socket", CHECK_OK, "rosterd runs and answers");
    else if (ctl_means_no_daemon(r))
        ctl_check_tell(check, "socket", CHECK_OK,
                       "no rosterd runs: systemctl start rosterd begins the service");
    else
        ctl_check_tell(check, "socket", CHECK_FAILED, err.text);
}

/* Whether the daemon would start, or load, with what `notify:` names. */
static void ctl_check_notify(CtlCheck *check, const Config *config)
{
    Err err = {0};

    if (config->notifier_count == 0)
        return;
    if (destination_check(config, &err) < 0)
        ctl_check_tell(check, "notify", CHECK_FAILED, err.text);
    else
        ctl_check_tell(check, "notify", CHECK_OK, "each URL can be read");
}

/* Whether the daemon would start, or load, with what `http:` names. */
static void ctl_check_http(CtlCheck *check, const Config *config)
{
    Err err = {0};

    if (!config->http.listen)
        return;
    if (listener_files_check(config, &err) < 0)
        ctl_check_tell(check, "http", CHECK_FAILED, err.text);
    else if (config->http.token_file || config->http.key_file)
        ctl_check_tell(check, "http", CHECK_OK, "the token and the certificate can be read");
    else
        ctl_check_tell(check, "http", CHECK_OK, "whoever reaches it may read");
}

/* ---- all of it ---- */

static int ctl_check_instances(CtlCheck *check, const Config *config, Store *store, Err *err)
{
    size_t chosen;
    int r = report_survey_find_instance(config, check->options->instance, &chosen, err);

    for (size_t i = 0; r >= 0 && i < config->instance_count; i++) {
        if (chosen == SURVEY_ALL_INSTANCES || chosen == i)
            r = check_instance(config, i, store, ctl_check_on_line, check, err);
    }
    return r;
}

/* The state is looked at first, for it knows which passwords are not to be tried again, and told of
 * behind the instances. */
typedef struct CtlCheckKept {
    CheckResult result;
    Buf text;
} CtlCheckKept;

static void ctl_check_keep(void *userdata, const CheckLine *line)
{
    CtlCheckKept *kept = userdata;

    kept->result = line->result;
    buf_puts(&kept->text, line->text);
}

static int ctl_check_all(CtlCheck *check, const Config *config, State *state, Err *err)
{
    CtlCheckKept kept = {0};
    int r = ctl_check_settings(check, config);

    if (r >= 0)
        r = ctl_check_proxies(check);
    if (r < 0)
        return err_memory(err);
    check_state(state, config, ctl_check_keep, &kept);
    r = ctl_check_instances(check, config, state->store, err);
    if (r >= 0)
        r = check_fleet(config, ctl_check_on_line, check, err);
    if (r >= 0 && buf_failed(&kept.text) < 0)
        r = err_memory(err);
    if (r >= 0) {
        ctl_check_tell(check, "state", kept.result, buf_text(&kept.text));
        ctl_check_http(check, config);
        ctl_check_notify(check, config);
        ctl_check_socket(check);
    }
    buf_done(&kept.text);
    return r;
}

static int ctl_check_end(CtlCheck *check)
{
    if (check->options->json) {
        json_close_array(&check->writer);
        json_put_text(&check->writer, "result", check->has_failed ? "failed" : "ok");
        json_close_object(&check->writer);
        check->cannot_print |=
            json_end(&check->writer) < 0 || ctl_print(&check->json) != EXIT_IN_SYNC;
    }
    return check->has_failed || check->cannot_print ? EXIT_FAILED : EXIT_IN_SYNC;
}

static void ctl_check_warn(const Config *config)
{
    _cleanup_(problems_done) Problems closed = {0};
    _cleanup_(buf_done) Buf warnings = {0};

    closed_warn(config, clock_realtime_usec(), &closed);
    problems_print(&config->warnings, &warnings);
    problems_print(&closed, &warnings);
    if (buf_failed(&warnings) < 0 || warnings.size > 0)
        print_errors(&warnings);
}

int ctl_check(const Options *options)
{
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(state_close) State state = {0};
    CtlCheck check = {.options = options, .writer = {.buf = &check.json}};
    Err err = {0};
    int r, status = load_config_if_any(options->config_path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    ctl_check_warn(config);
    json_open_object(&check.writer, NULL);
    json_open_array(&check.writer, "checks");
    r = ctl_check_all(&check, config, &state, &err);
    status = r < 0 ? ctl_say(EXIT_FAILED, err.text) : ctl_check_end(&check);
    buf_done(&check.json);
    return status;
}
