/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/identity.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int identity_pack(const char *group, const char *address, uint16_t port,
                  unsigned char ret_bytes[static IDENTITY_SIZE_MAX])
{
    size_t group_size, address_size;
    unsigned char *end = ret_bytes;

    assert(group && address);
    group_size = strlen(group) + 1;
    address_size = strlen(address) + 1;
    if (group_size > IDENTITY_GROUP_MAX || address_size > IDENTITY_ADDRESS_MAX)
        return -EINVAL;
    end = mempcpy(end, group, group_size);
    end = mempcpy(end, address, address_size);
    *end++ = (unsigned char)(port >> 8);
    *end++ = (unsigned char)(port & 0xff);
    return (int)(end - ret_bytes);
}

int identity_fold_ecs(const char *ecs_id, char ret_folded[static IDENTITY_ADDRESS_MAX])
{
    size_t i = 0;

    for (; ecs_id[i]; i++) {
        if (i + 1 >= IDENTITY_ADDRESS_MAX)
            return -EINVAL;
        ret_folded[i] =
            ecs_id[i] >= 'A' && ecs_id[i] <= 'Z' ? (char)(ecs_id[i] - 'A' + 'a') : ecs_id[i];
    }
    ret_folded[i] = '\0';
    return 0;
}

int identity_compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return order ? order : (a_size > b_size) - (a_size < b_size);
}

void identity_format(const char *group, const char *address, uint16_t port, char *ret_text,
                     size_t size)
{
    const char *open = strchr(address, ':') ? "[" : "";

    snprintf(ret_text, size, "%s%s%s%s%s:%u", group, group[0] ? "/" : "", open, address,
             open[0] ? "]" : "", port);
}

void identity_print(const void *packed, size_t packed_size, char *ret_text, size_t size)
{
    const char *group = packed, *address;
    const unsigned char *port;
    size_t group_size = strnlen(group, packed_size) + 1, address_size;

    assert(size > 0);
    ret_text[0] = '\0';
    if (group_size >= packed_size)
        return;
    address = group + group_size;
    address_size = strnlen(address, packed_size - group_size) + 1;
    if (group_size + address_size + 2 != packed_size)
        return;
    port = (const unsigned char *)address + address_size;
    identity_format(group, address, (uint16_t)(port[0] << 8 | port[1]), ret_text, size);
}
