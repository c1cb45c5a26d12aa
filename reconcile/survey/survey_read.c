/* SPDX-License-Identifier: MIT */
#include "reconcile/survey/survey_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"

/* ---- the members of a channel ---- */

static void survey_close_one(Survey *survey)
{
    assert(survey->open_count > 0);
    survey->open_count--;
}

static int survey_take_members(void *owner, const Answer *answer, size_t skip, Err *err)
{
    return diff_add_page(&((SurveyChannel *)owner)->diff, answer->members, skip, err);
}

static void survey_forget_members(void *owner)
{
    diff_reset(&((SurveyChannel *)owner)->diff);
}

static void survey_end_channel(SurveyChannel *channel, SurveyState state, const Err *err)
{
    assert(!channel->is_done);
    channel->is_done = true;
    channel->state = state;
    if (err)
        channel->error = *err;
    survey_close_one(channel->survey);
}

static void survey_on_members(void *owner, ListReadEnd end, const Err *err)
{
    SurveyChannel *channel = owner;

    if (end == LIST_READ_WHOLE)
        survey_end_channel(channel, SURVEY_LISTED, NULL);
    else
        survey_end_channel(channel, SURVEY_FAILED, err);
}

static int survey_prepare_diff(SurveyChannel *channel, Err *err)
{
    const ChannelRow *row = channel->row;
    bool is_ecs = channel->kind == CHANNEL_OF_ECS;
    int r = desired_init(&channel->desired, &channel->roster, row->port, is_ecs, err);

    channel->desired.row = row;
    if (r == 0 && diff_init(&channel->diff, &channel->desired, row->id, is_ecs) < 0)
        r = err_memory(err);
    return r;
}

void survey_read_members(SurveyChannel *channel)
{
    static const ListReader reader = {list_read_member_page, survey_take_members,
                                      survey_forget_members, survey_on_members, NULL};
    SurveyInstance *instance = &channel->survey->instances[channel->instance];
    Err err = {0};

    if (survey_prepare_diff(channel, &err) < 0) {
        survey_end_channel(channel, SURVEY_FAILED, &err);
        return;
    }
    channel->call = (Call){
        .request =
            {
                .kind = REQUEST_LIST_MEMBERS,
                .instance = channel->instance,
                .channel_id = channel->row->id,
            },
        .doing = "reading the members",
        .channel_name = channel->row->name,
    };
    channel->list = (ListRead){.call = &channel->call,
                               .dispatch = &instance->dispatch,
                               .reader = &reader,
                               .owner = channel};
    list_read_begin(&channel->list, 0);
}

/* ---- the channels of an instance ---- */

static bool survey_is_named(const ChannelRow *row, const char *text)
{
    return text[0] && (str_equal(row->id, text) || str_equal(row->name, text));
}

/* Whether a channel is meant; notes which of the names it has. */
static bool survey_wants(const SurveyInstance *instance, const ChannelRow *row)
{
    const Survey *survey = instance->survey;
    const char *own = survey->config->instances[instance->dispatch.instance].name;
    size_t size = strlen(own);
    bool is_wanted = survey->name_count == 0;

    for (size_t i = 0; i < survey->name_count; i++) {
        const char *text = survey->names[i];

        if (!survey_is_named(row, text) && !(str_has_prefix(text, own) && text[size] == '/' &&
                                             survey_is_named(row, text + size + 1)))
            continue;
        survey->fits[i] = is_wanted = true;
    }
    return is_wanted;
}

static int survey_order(const void *a, const void *b)
{
    const SurveyChannel *left = a, *right = b;
    int order = strcmp(left->row->name, right->row->name);

    return order ? order : strcmp(left->row->id, right->row->id);
}

static void survey_add_channel(SurveyInstance *instance, const ChannelRow *row)
{
    SurveyChannel *channel = &instance->channels[instance->channel_count++];

    *channel = (SurveyChannel){
        .survey = instance->survey,
        .instance = instance->dispatch.instance,
        .row = row,
        .kind = CHANNEL_UNMANAGEABLE,
        .is_done = true,
        .roster = {.instance = instance->dispatch.instance, .id = row->id, .file = ""},
    };
    if (row->odd) {
        err_set(&channel->error, -EPROTO, "the list of channels shows it wrongly: %s", row->odd);
        channel->state = SURVEY_FAILED;
        return;
    }
    channel->kind = catalog_classify(row, &channel->error);
    if (channel->kind == CHANNEL_UNMANAGEABLE)
        channel->state = SURVEY_UNMANAGEABLE;
    else
        channel->is_done = !instance->survey->reads_members;
}

static void survey_choose_channels(SurveyInstance *instance)
{
    const Catalog *catalog = &instance->catalog;

    instance->channels = calloc(instance->row_count + 1, sizeof(*instance->channels));
    if (!instance->channels) {
        err_memory(&instance->error);
        return;
    }
    for (size_t i = 0; i < instance->row_count; i++) {
        if (survey_wants(instance, instance->rows[i]))
            survey_add_channel(instance, instance->rows[i]);
    }
    if (instance->channel_count > 1)
        qsort(instance->channels, instance->channel_count, sizeof(*instance->channels),
              survey_order);
    for (size_t i = 0; i < instance->channel_count; i++)
        instance->survey->open_count += !instance->channels[i].is_done;
    if (catalog->unread_count > 0)
        err_set(&instance->error, -EPROTO,
                "of %zu channel%s the id cannot be read (%s): %s left out", catalog->unread_count,
                catalog->unread_count == 1 ? "" : "s", catalog->unread_why,
                catalog->unread_count == 1 ? "it is" : "they are");
}

static int survey_take_channels(void *owner, const Answer *answer, size_t skip, Err *err)
{
    SurveyInstance *instance = owner;
    const ChannelPage *page = answer->channels;
    int r = catalog_add_page(&instance->catalog, page, skip, err);

    if (r == 0 && mem_grow(&instance->rows, &instance->row_capacity,
                           instance->row_count + page->row_count, sizeof(*instance->rows)) < 0)
        r = err_memory(err);
    for (size_t i = skip; i < page->row_count && r == 0; i++) {
        if (page->rows[i].id[0] != '\0')
            instance->rows[instance->row_count++] =
                &catalog_find(&instance->catalog, page->rows[i].id)->channel;
    }
    return r;
}

static void survey_forget_channels(void *owner)
{
    SurveyInstance *instance = owner;

    catalog_reset(&instance->catalog);
    instance->row_count = 0;
}

static void survey_on_channels(void *owner, ListReadEnd end, const Err *err)
{
    SurveyInstance *instance = owner;

    instance->is_listed = true;
    if (end == LIST_READ_WHOLE) {
        survey_choose_channels(instance);
    } else {
        instance->error = *err;
        if (end == LIST_READ_FAILED)
            dispatch_fail(&instance->dispatch, &instance->error);
    }
    survey_close_one(instance->survey);
}

void survey_read_channels(SurveyInstance *instance)
{
    static const ListReader reader = {list_read_channel_page, survey_take_channels,
                                      survey_forget_channels, survey_on_channels, NULL};

    instance->call = (Call){
        .request = {.kind = REQUEST_LIST_CHANNELS, .instance = instance->dispatch.instance},
        .doing = "reading the list of channels",
    };
    instance->list = (ListRead){.call = &instance->call,
                                .dispatch = &instance->dispatch,
                                .reader = &reader,
                                .owner = instance};
    list_read_begin(&instance->list, 0);
}
