/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <malloc.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/service/notify.h"
#include "daemon/service/service_internal.h"

/* How often it is looked whether what is being loaded is loaded, and where files do not answer. */
#define CHANGE_LOOK_USEC (10 * USEC_PER_MSEC)
#define CHANGE_LOOK_LATE_USEC (100 * USEC_PER_MSEC)

static const char change_text[] = "settings or rosters changed, what was not sent is planned anew";
static const char hold_text[] = "settings or rosters have changed and are not read yet";

void service_look_later(Service *service)
{
    sd_event_source_set_enabled(service->idle, SD_EVENT_ONESHOT);
}

/* ---- nothing is changed while there is something to read ---- */

/* Called from within a pass. */
static bool service_is_current(void *userdata)
{
    Service *service = userdata;

    if (settle_look(service->reload.settle))
        return true;
    service_look_later(service);
    return false;
}

static void service_update_hold(Service *service)
{
    if (settle_is_waiting(service->reload.settle))
        controller_hold_changes(service->controller, hold_text);
    else
        controller_allow_changes(service->controller);
}

/* ---- who waits for what the files say ---- */

static void service_tell_waiters(Service *service, int result, const char *text)
{
    LoadWaiter *waiters = TAKE_PTR(service->waiters);
    size_t count = service->waiter_count;

    service->waiter_count = service->waiter_capacity = 0;
    for (size_t i = 0; i < count; i++)
        waiters[i].on_loaded(waiters[i].waiter, result, text);
    free(waiters);
}

static void service_look_for_waiters(Service *service)
{
    char text[SETTLE_TROUBLE_SIZE];

    if (service->waiter_count == 0 || service->next)
        return;
    if (reload_is_late(&service->reload) && reload_trouble(&service->reload, text))
        service_tell_waiters(service, -ETIMEDOUT, text);
    else if (!settle_is_waiting(service->reload.settle))
        service_tell_waiters(service, service->reload.invalid[0] ? -EINVAL : 0,
                             buf_text(&service->reload.errors));
}

void service_end_waiters(Service *service)
{
    service_tell_waiters(service, -ECANCELED, "");
}

void service_load_cancel(void *userdata, const void *waiter)
{
    Service *service = userdata;

    for (size_t i = service->waiter_count; i-- > 0;) {
        if (service->waiters[i].waiter == waiter)
            service->waiters[i] = service->waiters[--service->waiter_count];
    }
}

/* ---- changing controllers ---- */

static void service_on_report(void *userdata, size_t instance, const Report *report)
{
    const Service *service = userdata;

    if (service_fleet_tells(service, instance))
        notices_on_report(service->notices, instance, report);
    service_fleet_put_record(service, instance, report);
}

void service_use_notices(const Service *service)
{
    notices_use(service->notices, service->controller->config,
                service->options->dry_run ? NULL : service->state.store);
}

/* Memory that is free by now goes back to the system, wherever it lies in the heap. */
static void service_give_back(void)
{
    malloc_trim(0);
}

static void service_on_pass(void *userdata)
{
    Service *service = userdata;

    if (service->why[0] || service->next) {
        service_look_later(service);
        return;
    }
    service_show_status(service);
    metrics_file_on_pass(&service->metrics_file);
    control_on_pass(service->control);
    if (!controller_is_passing(service->controller))
        service_give_back();
}

/* There may be much of it, and nobody waits for it. */
static void service_free_retired(Service *service)
{
    if (!service->retired)
        return;
    if (!controller_free_part(service->retired)) {
        service_look_later(service);
        return;
    }
    service->retired = NULL;
    service_give_back();
}

void service_begin_controller(Service *service, Controller *controller)
{
    Controller *old;

    metrics_file_drop(&service->metrics_file);
    controller_ask_current(controller, service_is_current, service);
    if (settle_is_waiting(service->reload.settle))
        controller_hold_changes(controller, hold_text);
    service_fleet_use(service, controller);
    controller_begin(controller, service->controller, service_on_pass, service);
    control_set_controller(service->control, controller);
    controller_tell_reports(controller, service_on_report, service);
    old = service->controller;
    service->controller = controller;
    service_use_notices(service);
    service_fleet_tell(service, old);
    controller_free(service->retired);
    service->retired = old;
    service_look_later(service);
    service_give_back();
}

/* Passes under way give way to new settings first. */
static void service_change_controller(Service *service)
{
    if (!service->next || !controller_step(service->controller))
        return;
    service_begin_controller(service, TAKE_PTR(service->next));
    service_show_status(service);
}

int service_on_idle(sd_event_source *source, void *userdata)
{
    Service *service = userdata;

    (void)source;
    if (service->why[0]) {
        if (controller_step(service->controller) && service_fleet_is_over(service))
            sd_event_exit(service->event, 0);
        return 0;
    }
    service_free_retired(service);
    service_change_controller(service);
    service_update_hold(service);
    service_look_for_waiters(service);
    return 0;
}

/* ---- reload ---- */

/* A newer set replaces the one that waited; passes under way end and plan anew by the newest. */
static void service_adopt(Service *service, Controller *controller)
{
    controller_free(service->next);
    service->next = controller;
    controller_halt(service->controller, change_text);
    if (service->controller->undo_run)
        log_event(LOG_LEVEL_INFO, NULL, "the change takes effect when the undo under way is over");
}

/* A reload that was asked for during a load begins after that load. */
static void service_take_load(Service *service)
{
    Config *old = service->next ? service->next->config : service->controller->config;
    bool is_again = service->reload.is_asked_again;
    Controller *controller = NULL;
    int r = reload_load(&service->reload, &service->state, old, &controller);

    assert(!controller || r >= 0);
    if (r == -EINPROGRESS)
        return;
    if (controller)
        service_adopt(service, controller);
    if (is_again && reload_begin(&service->reload, true))
        service_take_load(service);
}

static void service_tell_reloading(Service *service)
{
    if (!service->is_reloading)
        notify_reloading(clock_monotonic_usec());
    service->is_reloading = true;
}

/* A reload whose files do not answer counts as over for the service manager, which would wait. */
static void service_tell_ready(Service *service)
{
    if (reload_is_loading(&service->reload) && !reload_is_late(&service->reload))
        return;
    service_show_status(service);
    if (service->is_reloading)
        notify_ready();
    service->is_reloading = false;
}

static void service_await_load(Service *service);

static int service_on_load_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;

    (void)source;
    (void)usec;
    if (service->why[0])
        return 0;
    if (reload_is_done(&service->reload)) {
        service_tell_reloading(service);
        service_take_load(service);
    }
    service_tell_ready(service);
    service_await_load(service);
    service_look_later(service);
    return 0;
}

static uint64_t service_load_wait_usec(const Service *service)
{
    if (reload_is_opening(&service->reload))
        return 0;
    return reload_is_late(&service->reload) ? CHANGE_LOOK_LATE_USEC : CHANGE_LOOK_USEC;
}

/* The loop goes on meanwhile, and changes nothing. */
static void service_await_load(Service *service)
{
    sd_event_source_disable_unref(TAKE_PTR(service->load_timer));
    if (!reload_is_loading(&service->reload))
        return;
    service_update_hold(service);
    if (sd_event_add_time_relative(service->event, &service->load_timer, CLOCK_MONOTONIC,
                                   service_load_wait_usec(service), USEC_PER_MSEC,
                                   service_on_load_time, service) < 0)
        service->load_timer = NULL;
}

static void service_reload(Service *service, bool is_asked)
{
    service_tell_reloading(service);
    if (reload_begin(&service->reload, is_asked))
        service_take_load(service);
    service_await_load(service);
    service_tell_ready(service);
    service_look_later(service);
}

/* No look at settings and rosters tells that a secret which was missing is there: it is read again
 * for whoever asks. */
int service_load_for(void *userdata, ControlOnLoaded on_loaded, void *waiter)
{
    Service *service = userdata;

    if (mem_grow(&service->waiters, &service->waiter_capacity, service->waiter_count + 1,
                 sizeof(*service->waiters)) < 0)
        return -ENOMEM;
    service->waiters[service->waiter_count++] = (LoadWaiter){on_loaded, waiter};
    if (!settle_look(service->reload.settle))
        service_update_hold(service);
    else if (service->reload.is_unopened && !service->next)
        service_reload(service, true);
    service_look_for_waiters(service);
    return 0;
}

void service_load_asked(Service *service)
{
    service_reload(service, true);
}

/* Watches the way to files that are as they were, which may be another by now. What changes before
 * it is watched, a look sees. Whether they still are as they were. */
static bool service_watch_again(Service *service)
{
    reload_watch_again(&service->reload);
    return settle_look(service->reload.settle);
}

void service_on_settled(bool has_changed, void *userdata)
{
    Service *service = userdata;

    if (service->why[0])
        return;
    if (reload_is_loading(&service->reload)) {
        /* Where there was no memory for the timer. */
        if (!service->load_timer)
            service_await_load(service);
        return;
    }
    if (has_changed) {
        service_reload(service, false);
        return;
    }
    service_watch_again(service);
    service_show_status(service);
    service_look_later(service);
}

void service_on_busy(void *userdata)
{
    service_show_status(userdata);
    service_look_later(userdata);
}

/* Something happened to a file, a directory or a link; what, the files themselves tell. */
void service_on_watch(void *userdata)
{
    Service *service = userdata;

    if (service->why[0])
        return;
    settle_distrust(service->reload.settle);
    if (!settle_look(service->reload.settle) || !service_watch_again(service))
        service_update_hold(service);
}
