/* SPDX-License-Identifier: MIT */
#include "daemon/report/json_source.h"

#include <errno.h>

#include "daemon/json/json_parser.h"
#include "daemon/report/json.h"

static const Json *json_source_channel(void *userdata, size_t number)
{
    JsonSource *source = userdata;
    const ChannelReport *channel = &source->report->channels[number];
    JsonTree tree = {0};
    JsonWriter writer = {.tree = &tree};

    json_free(TAKE_PTR(source->channel));
    json_open_object(&writer, NULL);
    report_json_put_channel(&writer, channel, report_result_text(channel->result), NULL);
    json_close_object(&writer);
    json_tree_end(&tree, &source->channel);
    return source->channel;
}

int json_source_init(JsonSource *source, const Report *report, ReportSource *ret_source)
{
    _cleanup_(buf_done) Buf text = {0};

    *source = (JsonSource){.report = report};
    if (report_json_append_outline(report, &text) < 0 ||
        json_parse_once(text.data, text.size, &source->root, NULL) < 0)
        return -ENOMEM;
    *ret_source =
        (ReportSource){.root = source->root, .channel = json_source_channel, .userdata = source};
    return 0;
}

void json_source_done(JsonSource *source)
{
    json_free(source->root);
    json_free(source->channel);
    *source = (JsonSource){0};
}
