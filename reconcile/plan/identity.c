/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/identity.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/str.h"

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

/* Addresses by number, IPv4 before IPv6, and before names. */
static int identity_order_addresses(const char *a, const char *b)
{
    uint8_t a_bytes[16], b_bytes[16];
    bool a_is_number = address_bytes(a, a_bytes) == 0, b_is_number = address_bytes(b, b_bytes) == 0;
    bool a_is_v6 = strchr(a, ':') != NULL, b_is_v6 = strchr(b, ':') != NULL;

    if (a_is_number != b_is_number)
        return a_is_number ? -1 : 1;
    if (!a_is_number)
        return strcmp(a, b);
    if (a_is_v6 != b_is_v6)
        return a_is_v6 ? 1 : -1;
    return memcmp(a_bytes, b_bytes, sizeof(a_bytes));
}

int identity_order_parts(const char *a_group, const char *a_address, uint16_t a_port,
                         const char *b_group, const char *b_address, uint16_t b_port)
{
    int order = strcmp(a_group, b_group);

    if (order == 0)
        order = identity_order_addresses(a_address, b_address);
    return order ? order : (a_port > b_port) - (a_port < b_port);
}

bool identity_unpack(const void *packed, size_t packed_size, const char **ret_group,
                     const char **ret_address, uint16_t *ret_port)
{
    size_t group_size = strnlen(packed, packed_size) + 1, address_size;
    const unsigned char *port;

    if (group_size >= packed_size)
        return false;
    *ret_group = packed;
    *ret_address = *ret_group + group_size;
    address_size = strnlen(*ret_address, packed_size - group_size) + 1;
    if (group_size + address_size + 2 != packed_size)
        return false;
    port = (const unsigned char *)*ret_address + address_size;
    *ret_port = (uint16_t)(port[0] << 8 | port[1]);
    return true;
}

int identity_order(const void *a, size_t a_size, const void *b, size_t b_size)
{
    const char *a_group, *a_address, *b_group, *b_address;
    uint16_t a_port, b_port;
    int order = 0;

    if (identity_unpack(a, a_size, &a_group, &a_address, &a_port) &&
        identity_unpack(b, b_size, &b_group, &b_address, &b_port))
        order = identity_order_parts(a_group, a_address, a_port, b_group, b_address, b_port);
    return order ? order : identity_compare(a, a_size, b, b_size);
}

/* As much of the text as there is room for. */
static char *identity_put(char *at, const char *end, const char *text)
{
    return mempcpy(at, text, strnlen(text, (size_t)(end - at)));
}

void identity_format(const char *group, const char *address, uint16_t port, char *ret_text,
                     size_t size)
{
    bool is_bracketed = strchr(address, ':');
    const char *end = ret_text + size - 1;
    char digits[STR_UINT_SIZE], *at;

    assert(size > 0);
    str_print_uint(port, digits);
    at = identity_put(ret_text, end, group);
    at = identity_put(at, end, group[0] ? "/" : "");
    at = identity_put(at, end, is_bracketed ? "[" : "");
    at = identity_put(at, end, address);
    at = identity_put(at, end, is_bracketed ? "]:" : ":");
    at = identity_put(at, end, digits);
    *at = '\0';
}

void identity_print(const void *packed, size_t packed_size, char *ret_text, size_t size)
{
    const char *group, *address;
    uint16_t port;

    assert(size > 0);
    ret_text[0] = '\0';
    if (identity_unpack(packed, packed_size, &group, &address, &port))
        identity_format(group, address, port, ret_text, size);
}
