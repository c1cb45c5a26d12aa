/* SPDX-License-Identifier: MIT */
/*
 * DOC: what the hosts of a fleet share
 *
 * etcd has what people have said (pauses, approvals), what goes along with an instance (sightings,
 * quarantine, open conditions of notices) and undos that are handed to the owner;
 * daemon/fleet/KEYS.md says under which keys. This room stands between the fleet (daemon/fleet),
 * which does not know what values say, and the state (daemon/store), which does not know of etcd.
 *
 * *_value.h write and read the values, strictly. A field that is not known is of a newer version
 * and left alone; where one is odd, that is told with its name, and nothing is taken for the whole
 * value. What the hosts write for one another is JSON without a secret.
 *
 * In a fleet, etcd has the truth and each host a copy in its state, which is what passes, the
 * status and the page go by; so a start without etcd still knows what held last. Texts that a
 * reader returns are in the arena that it was given.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/store.h"

/* Appends the value of pauses/ID. Its `host` is needed. 0 or -ENOMEM. */
int pause_value_append(const StorePause *pause, Buf *json);

/* Reads one. Texts go into the arena. 0; -EPROTO, -EINVAL with `err`: it is none; -ENOMEM. */
int pause_value_read(const char *json, size_t size, Arena *arena, StorePause *ret_pause, Err *err);
