/* Finding channels: see find.h. */
#include "daemon/control/find.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"

void find_by_index(const Tenure *tenure, size_t index, Found *ret_found)
{
    const RosterChannel *channel = &tenure->config->channels[index];
    Beat *beat = &tenure->beats[channel->instance];
    size_t number = 0;

    for (size_t i = 0; i < index; i++)
        number += tenure->config->channels[i].instance == channel->instance;
    *ret_found = (Found){
        .channel = channel,
        .instance_name = tenure->config->instances[channel->instance].name,
        .channel_id = channel->id,
        .report = number < beat->last.channel_count ? &beat->last.channels[number] : NULL,
        .beat = beat,
        .number = number,
    };
    if (ret_found->report && ret_found->report->id)
        ret_found->channel_id = ret_found->report->id;
}

static bool find_names(const Found *found, const char *text)
{
    const char *name = found->channel->name;

    if (!name && found->report)
        name = found->report->name;
    return (name && str_equal(name, text)) ||
           (found->channel_id && str_equal(found->channel_id, text));
}

static bool find_fits(const Found *found, const char *text)
{
    size_t size = strlen(found->instance_name);

    return find_names(found, text) || (str_has_prefix(text, found->instance_name) &&
                                       text[size] == '/' && find_names(found, text + size + 1));
}

const char *find_name(const Found *found)
{
    if (found->channel->name)
        return found->channel->name;
    if (found->report && found->report->name)
        return found->report->name;
    return found->channel_id ? found->channel_id : "";
}

int find_channel(const Tenure *tenure, const char *text, Found *ret_found, Err *err)
{
    size_t count = 0;
    Found found;

    for (size_t i = 0; i < tenure->config->channel_count; i++) {
        find_by_index(tenure, i, &found);
        if (!find_fits(&found, text))
            continue;
        if (count++ == 0)
            *ret_found = found;
    }
    if (count == 1)
        return 0;
    if (count == 0)
        return err_set(err, -ENOENT, "%.200s: no channel of the rosters has this name or id", text);
    return err_set(err, -ENOTUNIQ, "%.200s: %zu channels have this name: say instance/name", text,
                   count);
}
