/* SPDX-License-Identifier: MIT */
/* The names of the fleet's keys behind its prefix (KEYS.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/digest.h"

/* Room for the longest name with its NUL: a channel's id and a pass stand in one. */
#define KEYS_NAME_SIZE 384

#define KEYS_HOSTS "hosts/"
#define KEYS_OWNER "owner/"
#define KEYS_LAST "last/"
#define KEYS_PAUSES "pauses/"
#define KEYS_APPROVALS "approvals/"
#define KEYS_RECORDS "records/"
#define KEYS_UNDO "undo/"

/* Those that no host mirrors stand behind all others. */
#define KEYS_UNSEEN "~"
#define KEYS_CARRY "~carry/"
#define KEYS_INTENTS "~intents/"

/* K: the digest of an instance's key. 0 or -ENOMEM. */
int keys_hash_instance(const char *instance_key, char ret_hash[static DIGEST_HEX_SIZE]);

/* "owner/K" and the like. */
void keys_format(const char *folder, const char *hash, char ret_name[static KEYS_NAME_SIZE]);

/* A pause by its scope, a digest of it: of all (`instance_key` NULL), an instance (`channel` NULL),
 * or one of its channels, by id or by name. 0 or -ENOMEM. */
int keys_format_pause(const char *instance_key, const char *channel, bool is_name,
                      char ret_name[static KEYS_NAME_SIZE]);

/* Intents of an instance from that time on: a prefix with the time (realtime), sorted by it. */
void keys_format_intents(const char *hash, uint64_t realtime_usec,
                         char ret_name[static KEYS_NAME_SIZE]);
