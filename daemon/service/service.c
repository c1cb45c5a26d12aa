/* SPDX-License-Identifier: MIT */
#include "daemon/service/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/cli/exit_status.h"
#include "daemon/control/control.h"
#include "daemon/log/message_ids.h"
#include "daemon/service/notify.h"
#include "daemon/service/reload.h"
#include "daemon/service/status_line.h"
#include "daemon/store/state.h"

/* How often a state that cannot be used is tried again. */
#define STATE_RETRY_USEC (10 * USEC_PER_SEC)

static const char change_text[] = "settings or rosters changed, what was not sent is planned anew";

typedef struct Service {
    sd_event *event;
    const Options *options;
    State state;
    Controller *controller; /* in force */
    Controller *next;       /* waits for the passes of `controller` to end; NULL: none */
    Reload reload;
    sd_event_source *idle;  /* looks, outside of all callbacks, whether passes have ended */
    Control *control;       /* NULL: there is no socket */
    char why[64];           /* the signal that ends it; "" */
    uint64_t watchdog_usec; /* how often it is fed; 0: not at all */
    bool is_stuck;          /* the watchdog is not fed */
} Service;

static void service_show_status(const Service *service)
{
    char text[STATUS_LINE_SIZE];

    status_line_format(service->controller, service->reload.invalid, text);
    notify_status("%s", text);
}

/* ---- changing controllers ---- */

static void service_on_pass(void *userdata);

static void service_begin_tenure(Service *service, Controller *controller)
{
    controller_begin(controller, service->controller, service_on_pass, service);
    control_set_controller(service->control, controller);
    controller_free(service->controller);
    service->controller = controller;
}

/* Passes under way give way to new settings first. */
static void service_change_tenure(Service *service)
{
    if (!service->next || !controller_step(service->controller))
        return;
    service_begin_tenure(service, TAKE_PTR(service->next));
    service_show_status(service);
}

static int service_on_idle(sd_event_source *source, void *userdata)
{
    Service *service = userdata;

    (void)source;
    if (service->why[0]) {
        if (controller_step(service->controller))
            sd_event_exit(service->event, 0);
    } else {
        service_change_tenure(service);
    }
    return 0;
}

/* A controller cannot be freed from within one of its schedulers: the loop does it. */
static void service_look_for_idle(Service *service)
{
    sd_event_source_set_enabled(service->idle, SD_EVENT_ONESHOT);
}

static void service_on_pass(void *userdata)
{
    Service *service = userdata;

    if (service->why[0] || service->next) {
        service_look_for_idle(service);
        return;
    }
    service_show_status(service);
    control_on_pass(service->control);
}

/* ---- reload ---- */

/* What was waiting is superseded; passes under way plan anew with what takes effect. */
static void service_adopt(Service *service, Controller *controller)
{
    controller_free(service->next);
    service->next = controller;
    controller_halt(service->controller, change_text);
    if (service->controller->undo_run)
        log_event(LOG_LEVEL_INFO, NULL, "the change takes effect when the undo under way is over");
    service_look_for_idle(service);
}

static void service_reload(Service *service, bool is_asked)
{
    const Config *old = service->next ? service->next->config : service->controller->config;
    Controller *controller = NULL;
    int r;

    notify_reloading(clock_monotonic_usec());
    r = reload_load(&service->reload, &service->state, old, is_asked, &controller);
    if (r >= 0 && controller)
        service_adopt(service, controller);
    service_show_status(service);
    notify_ready();
}

static void service_on_change(void *userdata)
{
    Service *service = userdata;

    if (!service->why[0])
        service_reload(service, false);
}

static int service_on_hangup(sd_event_source *source, const struct signalfd_siginfo *info,
                             void *userdata)
{
    Service *service = userdata;

    (void)source;
    (void)info;
    if (!service->why[0])
        service_reload(service, true);
    return 0;
}

/* ---- stop ---- */

static void service_abandon(Service *service)
{
    controller_abandon(service->controller);
    service_look_for_idle(service);
}

static int service_on_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    service_abandon(userdata);
    return 0;
}

static int service_on_stop(sd_event_source *source, const struct signalfd_siginfo *info,
                           void *userdata)
{
    const LogFields fields = {.message_id = MESSAGE_STOPPING};
    Service *service = userdata;

    (void)source;
    if (service->why[0]) {
        service_abandon(service);
        return 0;
    }
    snprintf(service->why, sizeof(service->why), "stopped by SIG%s",
             sigabbrev_np((int)info->ssi_signo));
    log_event(LOG_LEVEL_INFO, &fields, "%s", service->why);
    notify_stopping();
    notify_status("%s, requests in flight are awaited", service->why);
    controller_stop(service->controller, service->why);
    service_look_for_idle(service);
    if (sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC, PASS_RUN_GRACE_USEC,
                                   USEC_PER_MSEC, service_on_grace, service) < 0)
        service_abandon(service);
    return 0;
}

/* ---- watchdog ---- */

static void service_say_stuck(Service *service, bool is_stuck)
{
    const LogFields fields = {.message_id = MESSAGE_STUCK};

    if (is_stuck && !service->is_stuck)
        log_event(LOG_LEVEL_ERR, &fields,
                  "a pass makes no progress: the watchdog is not fed any more, so that the service "
                  "manager starts rosterd anew");
    service->is_stuck = is_stuck;
}

static int service_on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;
    uint64_t now_usec = clock_monotonic_usec();

    (void)usec;
    service_say_stuck(service, controller_is_stuck(service->controller, now_usec));
    if (!service->is_stuck)
        notify_watchdog();
    sd_event_source_set_time(source, now_usec + service->watchdog_usec);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

/* ---- the history's end ---- */

static int service_on_day(sd_event_source *source, uint64_t usec, void *userdata)
{
    const Service *service = userdata;

    (void)usec;
    state_prune(&service->state, service->controller->config);
    sd_event_source_set_time(source, clock_monotonic_usec() + USEC_PER_DAY);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

/* Old history is forgotten at the start and once a day. */
static int service_keep_history_short(Service *service, Err *err)
{
    int r;

    if (service->options->dry_run)
        return 0;
    r = sd_event_add_time(service->event, NULL, CLOCK_MONOTONIC, 0, USEC_PER_MINUTE, service_on_day,
                          service);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

/* ---- start ---- */

static int service_catch_signals(Service *service, Err *err)
{
    static const struct {
        int signal;
        sd_event_signal_handler_t handler;
    } signals[] = {
        {SIGTERM, service_on_stop}, {SIGINT, service_on_stop}, {SIGHUP, service_on_hangup}};
    sigset_t set;
    int r = 0;

    sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(signals); i++)
        sigaddset(&set, signals[i].signal);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return err_system(err, -errno, "cannot set up signals");
    for (size_t i = 0; i < ELEMENTS(signals) && r >= 0; i++)
        r = sd_event_add_signal(service->event, NULL, signals[i].signal, signals[i].handler,
                                service);
    return r < 0 ? err_system(err, r, "cannot set up signals") : 0;
}

static int service_set_up(Service *service, Err *err)
{
    int r = sd_event_new(&service->event);

    if (r >= 0)
        r = sd_event_add_defer(service->event, &service->idle, service_on_idle, service);
    if (r >= 0)
        r = sd_event_source_set_enabled(service->idle, SD_EVENT_OFF);
    service->reload = (Reload){.options = service->options, .event = service->event};
    if (r >= 0)
        r = watch_new(service->event, service_on_change, service, &service->reload.watch);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = service_catch_signals(service, err);
    if (r < 0)
        return r;
    service->watchdog_usec = notify_watchdog_usec() / 3;
    if (service->watchdog_usec == 0)
        return 0;
    r = sd_event_add_time(service->event, NULL, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          service_on_watchdog, service);
    return r < 0 ? err_system(err, r, "cannot set up the watchdog") : 0;
}

/* Needs no reload: what the files say by now may be invalid. */
static void service_use_state(Service *service)
{
    controller_use_store(service->controller, service->state.store);
    if (service->next)
        controller_use_store(service->next, service->state.store);
    controller_ask(service->controller);
    service_show_status(service);
}

/* A full disk is not full for ever: with the state, the deletions come back. */
static int service_on_state_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Service *service = userdata;

    if (service->why[0])
        return 0;
    if (state_retry(&service->state, service->controller->config, service->options->dry_run)) {
        log_event(LOG_LEVEL_NOTICE, &fields, "the state can be used again");
        service_use_state(service);
        return 0;
    }
    sd_event_source_set_time(source, usec + STATE_RETRY_USEC);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

/* Errors: -EWOULDBLOCK, another rosterd holds the state. One that cannot be used is no error. */
static int service_open_state(Service *service, const Config *config)
{
    bool dry_run = service->options->dry_run;
    int r = dry_run ? state_lock(&service->state, config) : 0;

    if (r >= 0)
        r = state_open(&service->state, config, dry_run);
    if (r >= 0 && !service->state.store)
        sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC, STATE_RETRY_USEC,
                                   USEC_PER_SEC, service_on_state_retry, service);
    return r;
}

/* The exit status, or 0 to go on. */
static int service_load(Service *service, Err *err)
{
    _cleanup_(config_freep) Config *config = NULL;
    Controller *controller = NULL;
    int r = reload_start(&service->reload, &config);

    if (r < 0)
        return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
    if (service_open_state(service, config) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", service->state.err.text);
        return EXIT_LOCKED;
    }
    r = controller_new(service->event, TAKE_PTR(config), service->options->dry_run,
                       service->state.store, &service->state.err, &controller, err);
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
    }
    service->control = control_open(service->event, controller->config, &service->state,
                                    service->options->dry_run, service->reload.invalid);
    service_begin_tenure(service, controller);
    r = service_keep_history_short(service, err);
    return r < 0 ? r : 0;
}

static int service_serve(Service *service)
{
    const LogFields fields = {.message_id = MESSAGE_STARTED};
    const Config *config = service->controller->config;

    log_event(LOG_LEVEL_INFO, &fields, "rosterd %s: %zu channel%s of %zu instance%s%s",
              ROSTERD_VERSION, config->channel_count, config->channel_count == 1 ? "" : "s",
              config->instance_count, config->instance_count == 1 ? "" : "s",
              service->options->dry_run ? ", dry run" : "");
    service_show_status(service);
    notify_ready();
    return sd_event_loop(service->event);
}

int service_run(const Options *options)
{
    Service service = {.options = options};
    Err err = {0};
    int status = service_set_up(&service, &err);

    if (status == 0)
        status = service_load(&service, &err);
    if (status == 0)
        status = service_serve(&service);
    if (status < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err_is_set(&err) ? err.text : strerror(-status));
        status = EXIT_FAILED;
    }
    control_free(service.control);
    controller_free(service.next);
    controller_free(service.controller);
    state_close(&service.state);
    reload_done(&service.reload);
    sd_event_source_disable_unref(service.idle);
    sd_event_unref(service.event);
    return status;
}
