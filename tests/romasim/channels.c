/* SPDX-License-Identifier: MIT */
/* Channels listed and shown, and the instance itself. */
#include "tests/romasim/channels.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/romasim/answer.h"
#include "tests/romasim/listing.h"
#include "tests/romasim/render.h"

/* Whether any member has the host and the port that the filters ask for. */
static bool has_member(const Request *r, Channel *c)
{
    const char *host = request_parameter(r, "member_host");
    const char *port = request_parameter(r, "member_port");

    if (!host && !port)
        return true;
    model_catch_up(c);
    for (size_t i = 0; i < c->n_members; i++) {
        const Member *m = c->members[i];

        if (m->hidden_until_msec == 0 && (!host || (m->host && strcmp(m->host, host) == 0)) &&
            (!port || m->port == (int)strtol(port, NULL, 10)))
            return true;
    }
    return false;
}

static bool has_group(const Request *r, const Channel *c)
{
    const char *id = request_parameter(r, "member_group_id");

    if (!id && !request_parameter(r, "member_group_name"))
        return true;
    for (size_t i = 0; i < c->n_groups; i++)
        if ((!id || strcmp(c->groups[i].id, id) == 0) &&
            listing_fits(r, "member_group_name", c->groups[i].name))
            return true;
    return false;
}

/* Whether a filter by id or name lets a channel through, where it is not an exact one. */
static bool fits_roughly(const Request *r, const char *parameter, const char *text)
{
    const char *wanted = request_parameter(r, parameter);

    if (!wanted || !wanted[0])
        return true;
    switch (r->instance->settings.channel_filter) {
    case FILTER_PREFIX:
        return strncmp(text, wanted, strlen(wanted)) == 0;
    case FILTER_ANY_CASE:
        return strcasecmp(text, wanted) == 0;
    default:
        return r->instance->settings.channel_filter == FILTER_IGNORED;
    }
}

static bool fits_filter(const Request *r, const Channel *c)
{
    const char *id = request_parameter(r, "id");

    if (r->instance->settings.channel_filter != FILTER_EXACT)
        return fits_roughly(r, "id", c->id) && fits_roughly(r, "name", c->name);
    return (!id || !id[0] || strcmp(c->id, id) == 0) && listing_fits(r, "name", c->name);
}

static bool fits(const Request *r, Channel *c)
{
    const char *type = request_parameter(r, "vpc_channel_type");

    if (type && type[0] && (!c->vpc_channel_type || strcmp(c->vpc_channel_type, type) != 0))
        return false;
    return fits_filter(r, c) && has_member(r, c) && has_group(r, c);
}

void channels_list(Request *r)
{
    static const char *const precise[] = {"name", "member_group_name", NULL};
    Text rows = {0}, t = {0};
    long total = 0, size = 0;
    Paging p;

    if (!listing_page(r, &p) || !listing_check_precise(r, precise))
        return;
    if (r->instance->settings.channel_filter == FILTER_REFUSED &&
        (request_parameter(r, "id") || request_parameter(r, "name"))) {
        answer_bad_parameter(r, "name");
        return;
    }
    for (size_t i = 0; i < r->instance->n_channels; i++) {
        Channel *c = r->instance->channels[i];

        if (!fits(r, c))
            continue;
        if (total >= p.offset && size < p.limit) {
            if (size++ > 0)
                text_add(&rows, ",");
            render_channel(&rows, c, false);
        }
        total++;
    }
    text_addf(&t, "{\"total\":%ld,\"size\":%ld,\"vpc_channels\":[%s]}", total, size,
              rows.data ? rows.data : "");
    text_done(&rows);
    answer_json(r, 200, &t);
}

void channels_show(Request *r)
{
    Text t = {0};

    render_channel(&t, r->channel, true);
    answer_json(r, 200, &t);
}

void channels_show_instance(Request *r)
{
    Text t = {0};

    render_instance(&t, r->instance);
    answer_json(r, 200, &t);
}

void channels_show_configs(Request *r)
{
    Text t = {0};
    Paging p;

    if (!listing_page(r, &p))
        return;
    render_configs(&t, r->instance);
    answer_json(r, 200, &t);
}
