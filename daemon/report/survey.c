/* SPDX-License-Identifier: MIT */
#include "daemon/report/survey.h"

#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/base/suggest.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/json.h"
#include "daemon/report/unknown_channel.h"

int report_survey_find_instance(const Config *config, const char *name, size_t *ret_instance,
                                Err *err)
{
    Suggest suggest;

    *ret_instance = SURVEY_ALL_INSTANCES;
    if (!name)
        return 0;
    suggest_init(&suggest, name);
    for (size_t i = 0; i < config->instance_count; i++) {
        suggest_offer(&suggest, config->instances[i].name);
        if (str_equal(config->instances[i].name, name)) {
            *ret_instance = i;
            return 0;
        }
    }
    if (suggest.best)
        return err_set(err, -ENOENT,
                       "%.200s: no instance of the settings has this name, do you mean %.200s?",
                       name, suggest.best);
    return err_set(err, -ENOENT, "%.200s: no instance of the settings has this name (see %.200s)",
                   name, config->path);
}

int report_survey_check(const Survey *survey, Err *err)
{
    const Config *config = survey_get_config(survey);
    const char *text = survey_find_unknown(survey);
    UnknownChannel unknown;

    if (!text)
        return 0;
    for (size_t i = 0; i < config->instance_count; i++) {
        const Err *error = survey_find_error(survey, i);

        if (error)
            return err_set(err, -EIO,
                           "%.200s: %.100s has no channel of this name or id that can be read: "
                           "%.300s",
                           text, config->instances[i].name, error->text);
    }
    unknown_channel_init(&unknown, text);
    for (size_t i = 0; i < config->instance_count; i++) {
        const ChannelRow *row;

        for (size_t k = 0; (row = survey_find_row(survey, i, k)); k++)
            unknown_channel_offer(&unknown, row->name);
    }
    if (unknown_channel_find(&unknown))
        return err_set(err, -ENOENT,
                       "%.200s: the service has no channel of this name or id, do you mean "
                       "%.200s?",
                       text, unknown_channel_find(&unknown));
    return err_set(err, -ENOENT,
                   "%.200s: the service has no channel of this name or id; rosterctl channels "
                   "lists them",
                   text);
}

/* ---- channels ---- */

static const char *survey_kind(const SurveyChannel *channel)
{
    const ChannelRow *row = channel->row;

    if (channel->kind != CHANNEL_UNMANAGEABLE)
        return channel->kind == CHANNEL_OF_ECS ? "ecs" : "ip";
    if (row->has_reference || str_equal(row->vpc_channel_type, "reference"))
        return "reference";
    return str_equal(row->vpc_channel_type, "microservice") ? "microservice" : NULL;
}

static const char *survey_result(const SurveyChannel *channel)
{
    switch (channel->state) {
    case SURVEY_KNOWN:
        return NULL;
    case SURVEY_LISTED:
        return REPORT_SURVEY_LISTED;
    case SURVEY_UNMANAGEABLE:
        return REPORT_SURVEY_UNMANAGEABLE;
    case SURVEY_FAILED:
        break;
    }
    return REPORT_SURVEY_FAILED;
}

/* Where the rosters have it: by its id, or by its name. */
static void survey_put_roster(JsonWriter *writer, const Config *config,
                              const SurveyChannel *channel)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *roster = &config->channels[i];

        if (roster->instance != channel->instance ||
            !str_equal(roster->id ? roster->id : roster->name,
                       roster->id ? channel->row->id : channel->row->name))
            continue;
        json_open_object(writer, "roster");
        json_put_text(writer, "file", roster->file);
        json_put_number(writer, "line", roster->line);
        json_close_object(writer);
        return;
    }
    json_put_null(writer, "roster");
}

static void survey_put_groups(JsonWriter *writer, const ChannelRow *row)
{
    json_open_array(writer, "groups");
    for (size_t i = 0; i < row->group_count; i++) {
        json_open_object(writer, NULL);
        json_put_string(writer, "name", row->groups[i].name);
        json_put_number_if(writer, "weight", row->groups[i].weight != OPS_WEIGHT_NONE,
                           (uint64_t)row->groups[i].weight);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void survey_begin_channel(JsonWriter *writer, const Config *config,
                                 const SurveyChannel *channel)
{
    const ChannelRow *row = channel->row;
    bool is_listed = channel->state == SURVEY_LISTED;

    json_open_object(writer, NULL);
    json_put_text(writer, "instance", config->instances[channel->instance].name);
    json_put_text(writer, "name", row->name);
    json_put_text(writer, "id", row->id);
    json_put_text(writer, "kind", survey_kind(channel));
    json_put_number_if(writer, "port", row->port != 0, row->port);
    survey_put_groups(writer, row);
    survey_put_roster(writer, config, channel);
    json_put_text(writer, "result", survey_result(channel));
    json_put_number_if(writer, "live", is_listed, channel->diff.extra_count);
    if (is_listed)
        json_open_array(writer, "members");
}

static void survey_end_channel(JsonWriter *writer, const SurveyChannel *channel)
{
    if (channel->state == SURVEY_LISTED)
        json_close_array(writer);
    report_json_put_error(writer, &channel->error);
    json_close_object(writer);
}

/* ---- part by part ---- */

static bool survey_has_room(const JsonWriter *writer, size_t size_max)
{
    return writer->buf->size < size_max && !writer->buf->failed;
}

/* Whether the channel is put to its end. */
static bool survey_put_channel(SurveyPart *part, JsonWriter *writer, const SurveyChannel *channel,
                               size_t size_max)
{
    if (!part->is_in_channel) {
        survey_begin_channel(writer, survey_get_config(part->survey), channel);
        part->is_in_channel = true;
        part->member = 0;
    }
    for (; channel->state == SURVEY_LISTED && part->member < channel->diff.extra_count;
         part->member++) {
        if (!survey_has_room(writer, size_max))
            return false;
        json_put_json(writer, NULL, channel->diff.extras[part->member].member_json);
    }
    survey_end_channel(writer, channel);
    part->is_in_channel = false;
    return true;
}

/* Whether all of them are put. */
static bool survey_put_channels(SurveyPart *part, JsonWriter *writer, size_t size_max)
{
    const Config *config = survey_get_config(part->survey);

    for (; part->instance < config->instance_count; part->instance++, part->channel = 0) {
        size_t count;
        const SurveyChannel *channels = survey_get_channels(part->survey, part->instance, &count);

        for (; part->channel < count; part->channel++) {
            if (!survey_has_room(writer, size_max) ||
                !survey_put_channel(part, writer, &channels[part->channel], size_max))
                return false;
        }
    }
    return true;
}

static int survey_put_end(const Survey *survey, JsonWriter *writer)
{
    const Config *config = survey_get_config(survey);

    json_close_array(writer);
    json_open_array(writer, "instances");
    for (size_t i = 0; i < config->instance_count; i++) {
        const Err none = {0}, *error = survey_find_error(survey, i);

        if (!survey_covers(survey, i))
            continue;
        json_open_object(writer, NULL);
        json_put_text(writer, "name", config->instances[i].name);
        report_json_put_error(writer, error ? error : &none);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
    return json_end(writer);
}

int report_survey_put(SurveyPart *part, JsonWriter *writer, size_t size_max)
{
    if (!part->is_begun) {
        writer->is_compact = true;
        json_open_object(writer, NULL);
        json_open_array(writer, "channels");
        part->is_begun = true;
    }
    if (survey_put_channels(part, writer, size_max))
        return survey_put_end(part->survey, writer);
    return buf_failed(writer->buf) < 0 ? -ENOMEM : 1;
}
