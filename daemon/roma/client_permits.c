/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "daemon/roma/client_internal.h"

int roma_client_permit(RomaClient *client, size_t instance, const char *channel_id,
                       const char *member_id)
{
    return instance < client->config->instance_count
               ? permits_add(&client->instances[instance].permits, channel_id, member_id)
               : -EINVAL;
}

int roma_client_permit_action(RomaClient *client, size_t instance, const char *channel_id,
                              uint64_t action)
{
    return instance < client->config->instance_count
               ? permits_add_action(&client->instances[instance].permits, channel_id, action)
               : -EINVAL;
}

int roma_client_permit_undone(RomaClient *client, size_t instance, const char *channel_id,
                              const Change *change)
{
    return instance < client->config->instance_count
               ? permits_add_change(&client->instances[instance].undone, channel_id, change)
               : -EINVAL;
}

void roma_client_forget_permits(RomaClient *client, size_t instance)
{
    permits_clear(&client->instances[instance].permits);
    permits_clear(&client->instances[instance].undone);
}
