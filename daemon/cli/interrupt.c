/* SPDX-License-Identifier: MIT */
#include "daemon/cli/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

static void interrupt_abandon(Interrupt *interrupt)
{
    if (!*interrupt->run)
        return;
    pass_run_abandon(*interrupt->run, interrupt->why);
}

static int interrupt_on_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
    Interrupt *interrupt = userdata;

    (void)source;
    (void)usec;
    interrupt_abandon(interrupt);
    return 0;
}

static int interrupt_on_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                               void *userdata)
{
    Interrupt *interrupt = userdata;

    (void)source;
    if (interrupt->why[0]) {
        interrupt_abandon(interrupt);
        return 0;
    }
    snprintf(interrupt->why, sizeof(interrupt->why), "stopped by SIG%s",
             sigabbrev_np((int)info->ssi_signo));
    log_event(LOG_LEVEL_NOTICE, NULL, "%s: nothing more is sent", interrupt->why);
    if (*interrupt->run)
        pass_run_stop(*interrupt->run, interrupt->why);
    if (sd_event_add_time_relative(interrupt->event, NULL, CLOCK_MONOTONIC, PASS_RUN_GRACE_USEC,
                                   USEC_PER_MSEC, interrupt_on_grace, interrupt) < 0)
        interrupt_abandon(interrupt);
    return 0;
}

int interrupt_catch(Interrupt *interrupt, Err *err)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(signals) && r >= 0; i++)
        r = sd_event_add_signal(interrupt->event, NULL, signals[i], interrupt_on_signal, interrupt);
    return r < 0 ? err_system(err, r, "cannot set up signals") : 0;
}
