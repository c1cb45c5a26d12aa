/* SPDX-License-Identifier: MIT */
#include "daemon/control/planning.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/aside.h"
#include "daemon/base/mem.h"
#include "daemon/control/reply.h"

/* ---- ending ---- */

static void planning_stop(Planning *planning)
{
    if (planning->backend.client)
        roma_client_cancel_all(planning->backend.client);
    pass_run_free(planning->run);
    planning->run = NULL;
    if (planning->throttles)
        planning->backend.throttles = planning->throttles;
    planning->throttles = NULL;
    if (planning->backend.config)
        backend_close(&planning->backend);
    planning->backend = (Backend){0};
}

static void planning_free(Planning *planning)
{
    free(planning->lines);
    free(planning->names);
    free(planning);
}

static void planning_drop(Control *control)
{
    Planning *planning = control->planning;

    control->planning = NULL;
    planning_stop(planning);
    planning_free(planning);
}

void planning_on_done(PassRun *run, void *userdata)
{
    Control *control = userdata;

    assert(control->planning && control->planning->run == run);
    control->planning->kind->answer(control, control->planning);
    planning_drop(control);
}

/* Whoever asked sees the answer; the log is for what the daemon does by itself. */
void planning_on_event(const Event *event, void *userdata)
{
    (void)event;
    (void)userdata;
}

/* ---- beginning ---- */

bool planning_is_meant(const Control *control, uint64_t device, uint64_t inode)
{
    const Config *config = control->controller->config;
    struct stat status;

    return config->file_count > 0 && aside_stat(config->files[0], &status) == 0 &&
           device == status.st_dev && inode == status.st_ino;
}

static void planning_run(Control *control)
{
    Planning *planning = control->planning;
    Controller *controller = control->controller;
    Err err = {0};
    int r = backend_open(&planning->backend, control->event, controller->config, true,
                         controller->backend.store, &controller->backend.store_err, &err);

    if (r >= 0) {
        planning->throttles = planning->backend.throttles;
        planning->backend.throttles = controller->backend.throttles;
        roma_client_limit(planning->backend.client, &controller->backend.limiter);
        planning->backend.tally = controller->backend.tally;
        r = planning->kind->begin(control, planning, &err);
    }
    if (r >= 0)
        return;
    reply_refuse(planning->request, reply_status(r), err.text);
    planning_drop(control);
}

/* Takes the lines apart. 0 or -ENOMEM. */
static int planning_take_names(Planning *planning, const char *channels)
{
    size_t capacity = 0;
    char *rest;

    planning->lines = channels ? strdup(channels) : NULL;
    if (channels && !planning->lines)
        return -ENOMEM;
    for (char *line = channels ? strtok_r(planning->lines, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (mem_grow(&planning->names, &capacity, planning->name_count + 1,
                     sizeof(*planning->names)) < 0)
            return -ENOMEM;
        planning->names[planning->name_count++] = line;
    }
    return 0;
}

void planning_begin(Control *control, ServerRequest *request, const PlanningKind *kind,
                    const char *channels)
{
    Planning *planning;

    if (control->planning) {
        reply_refuse(request, 503, "another plan is being made: ask again when it is done");
        return;
    }
    planning = calloc(1, sizeof(*planning));
    if (!planning || planning_take_names(planning, channels) < 0) {
        if (planning)
            planning_free(planning);
        reply_refuse(request, 500, "out of memory");
        return;
    }
    planning->kind = kind;
    planning->request = request;
    control->planning = planning;
    planning_run(control);
}

void planning_ask_again(Control *control)
{
    if (!control->planning)
        return;
    planning_stop(control->planning);
    planning_run(control);
}

void planning_end(Control *control)
{
    if (!control->planning)
        return;
    reply_refuse(control->planning->request, 503, "rosterd is ending");
    planning_drop(control);
}

const PassRun *planning_find_run(const Control *control)
{
    return control->planning ? control->planning->run : NULL;
}
