/* Which channel a person means by CHANNEL: a name, an id, or instance/name (PRODUCT.md section 5).
 */
#pragma once

#include "daemon/base/err.h"
#include "daemon/tenure.h"

typedef struct Found {
    const RosterChannel *channel;
    const char *instance_name;
    const char *channel_id;      /* as the last pass found it; NULL: not known yet */
    const ChannelReport *report; /* of the last pass; NULL before the first */
    Beat *beat;
    size_t number; /* among its beat's channels */
} Found;

/* 0; -ENOENT where none fits; -ENOTUNIQ where several do; told in `err`. Borrowed from the tenure.
 */
int find_channel(const Tenure *tenure, const char *text, Found *ret_found, Err *err);

/* The channel with that place in the configuration. */
void find_by_index(const Tenure *tenure, size_t index, Found *ret_found);

/* What people call a channel: its own name, else its id. */
const char *find_name(const Found *found);
