/* SPDX-License-Identifier: MIT */
#include "tests/world/filter.h"

#include <string.h>
#include <strings.h>

bool filter_fits(WorldFilter filter, const Request *request, const ChannelRow *row)
{
    const char *wanted = request->find_id ? request->find_id : request->find_name;
    const char *found = request->find_id ? row->id : row->name;

    if (!wanted)
        return true;
    switch (filter) {
    case WORLD_FILTER_PREFIX:
        return strncmp(found, wanted, strlen(wanted)) == 0;
    case WORLD_FILTER_ANY_CASE:
        return strcasecmp(found, wanted) == 0;
    case WORLD_FILTER_EMPTY:
        return false;
    case WORLD_FILTER_IGNORED:
        return true;
    case WORLD_FILTER_EXACT:
    case WORLD_FILTER_REFUSED:
    case WORLD_FILTER_TOTAL:
    case WORLD_FILTER_COUNT:
        break;
    }
    return strcmp(found, wanted) == 0;
}
