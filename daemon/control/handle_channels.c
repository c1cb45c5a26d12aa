/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_channels.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/control/loading.h"
#include "daemon/control/planning.h"
#include "daemon/control/reply.h"
#include "daemon/report/survey.h"

static bool handle_channels_wants_members(ServerRequest *request)
{
    const char *members = server_request_find(request, "members");

    return members && str_equal(members, "true");
}

static int handle_channels_begin(Control *control, Planning *planning, Err *err)
{
    SurveyScope scope = {
        .reads_members = handle_channels_wants_members(planning->request),
        .names = planning->names,
        .name_count = planning->name_count,
    };
    int r = report_survey_find_instance(planning->backend.config,
                                        server_request_find(planning->request, "instance"),
                                        &scope.instance, err);

    return r < 0 ? r
                 : pass_run_begin_survey(&planning->backend, &scope, planning_on_done,
                                         planning_on_event, control, &planning->run, err);
}

/* An answer that goes out part by part: the run is over by then, and what it found is the answer's.
 */
typedef struct ChannelsParts {
    const Control *control;
    uint64_t controller_number; /* as the control had it at the beginning */
    Survey *survey;
    SurveyPart part;
    JsonWriter writer;
    Err err;
} ChannelsParts;

static int handle_channels_next(void *userdata, Buf *part)
{
    ChannelsParts *parts = userdata;

    /* It borrows from the configuration. */
    if (parts->controller_number != parts->control->controller_number)
        return -ESTALE;
    parts->writer.buf = part;
    return report_survey_put(&parts->part, &parts->writer, SERVER_PART_SIZE);
}

static void handle_channels_done(void *userdata)
{
    ChannelsParts *parts = userdata;

    survey_free(parts->survey);
    free(parts);
}

static void handle_channels_answer(Control *control, Planning *planning)
{
    ChannelsParts *parts;
    Err err = {0};
    int r = report_survey_check(pass_run_get_survey(planning->run), &err);

    if (r < 0) {
        reply_fail(planning->request, r, &err);
        return;
    }
    parts = calloc(1, sizeof(*parts));
    if (!parts) {
        reply_refuse(planning->request, 500, "out of memory");
        return;
    }
    parts->control = control;
    parts->controller_number = control->controller_number;
    parts->survey = pass_run_take_survey(planning->run);
    parts->part.survey = parts->survey;
    reply_parts(planning->request, SERVER_JSON,
                &(ServerParts){handle_channels_next, handle_channels_done, parts}, 0, &parts->err);
}

static void handle_channels_on_loaded(Control *control, ServerRequest *request,
                                      const char *channels)
{
    static const PlanningKind kind = {handle_channels_begin, handle_channels_answer};

    planning_begin(control, request, &kind, channels);
}

static int handle_channels_number(ServerRequest *request, const char *name, uint64_t *ret_number,
                                  Err *err)
{
    const char *text = server_request_find(request, name);

    if (!text || str_parse_uint(text, UINT64_MAX, ret_number) < 0)
        return err_set(err, -EINVAL, "%s: should be that of the settings file, a whole number",
                       name);
    return 0;
}

/* Whether the settings of this daemon are meant: 0; -EXDEV they are not; -EINVAL. */
static int handle_channels_check(const Control *control, ServerRequest *request, Err *err)
{
    const char *members = server_request_find(request, "members");
    uint64_t device = 0, inode = 0;
    int r;

    if (members && !str_equal(members, "true") && !str_equal(members, "false"))
        return err_set(err, -EINVAL, "members: should be true or false");
    if (!server_request_find(request, "device") && !server_request_find(request, "inode"))
        return 0;
    r = handle_channels_number(request, "device", &device, err);
    if (r == 0)
        r = handle_channels_number(request, "inode", &inode, err);
    if (r == 0 && !planning_is_meant(control, device, inode))
        r = err_set(err, -EXDEV, PLANNING_OTHER_SETTINGS);
    return r;
}

void handle_channels(Control *control, ServerRequest *request)
{
    Err err = {0};
    int r = handle_channels_check(control, request, &err);

    if (r == 0)
        r = loading_begin(control, request, server_request_find(request, "channel"),
                          handle_channels_on_loaded, &err);
    if (r == -EXDEV)
        reply_refuse(request, 421, err.text);
    else if (r < 0)
        reply_fail(request, r, &err);
}
