/* SPDX-License-Identifier: MIT */
/* The keys of a fleet, as far as the hosts here need them. */
#include <stdio.h>

#include "tests/sim/fleet/fleet.h"

void keys_owner(char ret_key[static ETCD_KEY_SIZE], size_t instance)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "owner/%zu", instance);
}

void keys_last(char ret_key[static ETCD_KEY_SIZE], size_t instance)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "last/%zu", instance);
}

void keys_pause(char ret_key[static ETCD_KEY_SIZE], size_t channel)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "pauses/%zu", channel);
}

void keys_intent(char ret_key[static ETCD_KEY_SIZE], size_t instance, size_t channel)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "~intents/%zu/%zu", instance, channel);
}

void keys_record(char ret_key[static ETCD_KEY_SIZE], size_t instance)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "records/%zu", instance);
}

void keys_carry(char ret_key[static ETCD_KEY_SIZE], size_t instance)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "~carry/%zu", instance);
}

void keys_approval(char ret_key[static ETCD_KEY_SIZE], const char *digest)
{
    snprintf(ret_key, ETCD_KEY_SIZE, "approvals/%s", digest);
}
