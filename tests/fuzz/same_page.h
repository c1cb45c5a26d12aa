/* SPDX-License-Identifier: MIT */
/* Whether a page that is taken without a tree is the one that json-c reads. */
#pragma once

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/members.h"

static void same_member(const MemberList *a, const MemberList *b, size_t row)
{
    const MemberRow *left = &a->page.rows[row], *right = &b->page.rows[row];

    assert(str_equal(left->id, right->id) && str_equal(left->channel_id, right->channel_id));
    assert(str_equal(left->host, right->host) && str_equal(left->ecs_id, right->ecs_id));
    assert(str_equal(left->group, right->group) && left->port == right->port);
    assert(left->fields.weight == right->fields.weight);
    assert(left->fields.is_backup == right->fields.is_backup);
    assert(left->fields.is_enabled == right->fields.is_enabled);
    assert(str_equal(a->page.describe(&a->page, row), b->page.describe(&b->page, row)));
}

/* Asserts it of a page of members, whole and in two pieces. Returns whether it is taken. */
static inline bool same_members(JsonParser *parser, const char *body, size_t size, size_t cut)
{
    MemberList whole = {0}, pieces = {0}, read = {0};
    int r = members_pull(&whole, body, size);
    char *piece = memcpy(malloc(cut + 1), body, cut);
    Err err = {0};

    /* The first piece, and then it stands elsewhere. */
    members_feed(&pieces, piece, cut);
    free(piece);
    assert(members_pull(&pieces, body, size) == r);
    if (r == 0) {
        assert(members_read_tree(&read, parser, body, size, &err) == 0);
        assert(whole.page.total == read.page.total && pieces.page.total == read.page.total);
        assert(whole.page.row_count == read.page.row_count);
        assert(pieces.page.row_count == read.page.row_count);
        for (size_t i = 0; i < read.page.row_count; i++) {
            same_member(&whole, &read, i);
            same_member(&pieces, &read, i);
        }
    }
    members_done(&whole);
    members_done(&pieces);
    members_done(&read);
    return r == 0;
}

static void same_channel(const ChannelRow *left, const ChannelRow *right)
{
    assert(!left->odd && !right->odd);
    assert(str_equal(left->id, right->id) && str_equal(left->name, right->name));
    assert(str_equal(left->member_type, right->member_type));
    assert(str_equal(left->vpc_channel_type, right->vpc_channel_type));
    assert(left->type == right->type && left->port == right->port);
    assert(left->has_reference == right->has_reference);
    assert(left->tells_groups == right->tells_groups && left->group_count == right->group_count);
    for (size_t i = 0; i < left->group_count; i++) {
        assert(str_equal(left->groups[i].name, right->groups[i].name));
        assert(left->groups[i].weight == right->groups[i].weight);
    }
}

/* The same of a page of channels. */
static inline bool same_channels(JsonParser *parser, const char *body, size_t size, size_t cut)
{
    ChannelList whole = {0}, pieces = {0}, read = {0};
    int r = channels_pull(&whole, body, size);
    char *piece = memcpy(malloc(cut + 1), body, cut);
    Err err = {0};

    /* The first piece, and then it stands elsewhere. */
    channels_feed(&pieces, piece, cut);
    free(piece);
    assert(channels_pull(&pieces, body, size) == r);
    if (r == 0) {
        assert(channels_read_tree(&read, parser, body, size, &err) == 0);
        assert(whole.page.total == read.page.total && pieces.page.total == read.page.total);
        assert(whole.page.row_count == read.page.row_count);
        assert(pieces.page.row_count == read.page.row_count);
        for (size_t i = 0; i < read.page.row_count; i++) {
            same_channel(&whole.page.rows[i], &read.page.rows[i]);
            same_channel(&pieces.page.rows[i], &read.page.rows[i]);
        }
    }
    channels_done(&whole);
    channels_done(&pieces);
    channels_done(&read);
    return r == 0;
}
