/* SPDX-License-Identifier: MIT */
/*
 * What makes a member the same member: (group, host, port), or (group, ecs_id, port) in an ECS
 * channel (API.md section 1.2), packed so that it is compared as bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/address.h"

#define IDENTITY_GROUP_MAX 1024
#define IDENTITY_ADDRESS_MAX 1024
#define IDENTITY_SIZE_MAX (IDENTITY_GROUP_MAX + IDENTITY_ADDRESS_MAX + 4)

/* Of its text for people, with the NUL. */
#define IDENTITY_TEXT_SIZE (IDENTITY_SIZE_MAX + 16)

/* Packs an identity whose address is canonical (address.h) or an ecs_id, and whose port is the
 * effective one. Returns its size, or -EINVAL when a part is too long. */
int identity_pack(const char *group, const char *address, uint16_t port,
                  unsigned char ret_bytes[static IDENTITY_SIZE_MAX]);

/* An ecs_id as it is compared: in lower case, like the UUID that it is. 0, or -EINVAL when it is
 * too long. */
int identity_fold_ecs(const char *ecs_id, char ret_folded[static IDENTITY_ADDRESS_MAX]);

/* An order of packed identities as bytes: negative, 0 or positive as in memcmp(). */
int identity_compare(const void *a, size_t a_size, const void *b, size_t b_size);

/* The order in which people read them: by group, then addresses by number before names, then port.
 * `a` and `b` are identities; negative, 0 (the same bytes) or positive. */
int identity_order(const void *a, size_t a_size, const void *b, size_t b_size);

/* The same of their parts. */
int identity_order_parts(const char *a_group, const char *a_address, uint16_t a_port,
                         const char *b_group, const char *b_address, uint16_t b_port);

/* The parts of a packed identity, borrowed from it; false of bytes that are none. */
bool identity_unpack(const void *packed, size_t packed_size, const char **ret_group,
                     const char **ret_address, uint16_t *ret_port);

/* For people: "10.1.0.5:8080", "[2001:db8::1]:80", and "blue/10.1.0.5:8080" within a group. */
void identity_format(const char *group, const char *address, uint16_t port, char *ret_text,
                     size_t size);

/* The same of a packed identity; "" of bytes that are none. */
void identity_print(const void *packed, size_t packed_size, char *ret_text, size_t size);
