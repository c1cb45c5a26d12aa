/* SPDX-License-Identifier: MIT */
/*
 * Writing rosters: the counterpart of roster.h and members.h. What is written here is read there as
 * exactly what was meant, whatever the texts are; what a roster cannot say is refused before
 * anything of it is written. Failures for want of memory stick in the Buf.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* A member to be written. Texts are borrowed. */
typedef struct RosterWriterMember {
    const char *group;   /* "" without one */
    const char *address; /* a host, canonical (address.h), or an ecs_id */
    uint16_t port;       /* 0: the channel's own */
    bool is_ecs;
    uint8_t states; /* ROSTER_MEMBER_* bits: which of these it states */
    int64_t weight;
    bool backup;
    bool enabled;
    const char *ecs_name;
    const char *comment; /* any text; NULL: none */
} RosterWriterMember;

/* Whether a roster can say it: 0; -EINVAL, with what is wrong in `err`. */
int roster_writer_check(const RosterWriterMember *member, Err *err);

/* Whether a roster can state this of a member. */
bool roster_writer_can_state_weight(int64_t weight);
bool roster_writer_can_state_ecs_name(const char *ecs_name);

/* Whether a file of so many bytes is read (yaml.h). */
bool roster_writer_fits(size_t size);

/* The head of a file, up to its channels. */
void roster_writer_put_head(Buf *buf, const char *instance);

/* A channel by its id, up to its members; `name` is a comment, "": none. One that is empty has no
 * members behind it. */
void roster_writer_put_channel(Buf *buf, const char *id, const char *name, bool is_empty);

/* A member that was checked. */
void roster_writer_put_member(Buf *buf, const RosterWriterMember *member);
