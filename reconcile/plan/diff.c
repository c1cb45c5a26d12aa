/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/diff.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"
#include "reconcile/plan/ignore.h"

int diff_init(Diff *diff, const Desired *desired, const char *channel_id, bool is_ecs)
{
    size_t count = desired->channel->member_count;

    assert(channel_id);
    *diff = (Diff){.desired = desired, .channel_id = channel_id, .is_ecs = is_ecs};
    diff->seen = calloc(count ? count : 1, sizeof(*diff->seen));
    diff->seen_fields = calloc(count ? count : 1, sizeof(*diff->seen_fields));
    return diff->seen && diff->seen_fields ? 0 : -ENOMEM;
}

void diff_done(Diff *diff)
{
    map_done(&diff->ids);
    map_done(&diff->ignored);
    map_done(&diff->extras_by_id);
    map_done(&diff->extras_by_identity);
    arena_done(&diff->arena);
    free((void *)diff->seen);
    free(diff->seen_fields);
    free(diff->changed);
    free(diff->extras);
    free(diff->kept);
    *diff = (Diff){0};
}

void diff_reset(Diff *diff)
{
    assert(diff->seen);
    map_clear(&diff->ids);
    map_clear(&diff->ignored);
    map_clear(&diff->extras_by_id);
    map_clear(&diff->extras_by_identity);
    arena_done(&diff->arena);
    memset((void *)diff->seen, 0, diff->desired->channel->member_count * sizeof(*diff->seen));
    diff->extra_count = 0;
    diff->changed_count = 0;
    diff->kept_count = 0;
    diff->live_count = 0;
    diff->ignored_count = 0;
    diff->staying_in_service = 0;
    diff->extras_in_service = 0;
}

/* A live row with its effective port and its packed identity. */
typedef struct LiveRow {
    const MemberRow *row;
    char *id;                    /* in the diff's arena */
    char host[ADDRESS_SIZE_MAX]; /* in canonical form, unless it is wanted; "" without one */
    uint16_t port;
    unsigned char identity[IDENTITY_SIZE_MAX];
    size_t identity_size; /* 0: it is wanted, and was found as it is spelled */
} LiveRow;

/*
 * A host that is no address for us may be one for the service, and may be one that the roster
 * spells otherwise (010.1.0.5): a list with such a row cannot be judged. In an ECS channel nothing
 * goes by the host.
 */
static int diff_canonical_host(const Diff *diff, const MemberRow *row, char *ret_host)
{
    AddressKind kind;

    if (diff->is_ecs || row->host[0] == '\0')
        return 0;
    return address_parse(row->host, ret_host, &kind);
}

static int diff_identify(const Diff *diff, LiveRow *ret_live, Err *err)
{
    const MemberRow *row = ret_live->row;
    char folded[IDENTITY_ADDRESS_MAX];
    const char *address = diff->is_ecs ? folded : ret_live->host;
    int size;

    ret_live->host[0] = '\0';
    if (diff_canonical_host(diff, row, ret_live->host) < 0)
        return err_set(err, -EPROTO, "the member %s has a host that is no address: %s", row->id,
                       row->host);
    if (ret_live->port == 0)
        return err_set(err, -EPROTO, "neither the member %s nor its channel has a port", row->id);
    size = diff->is_ecs ? identity_fold_ecs(row->ecs_id, folded) : 0;
    if (size == 0 && address[0] == '\0')
        return err_set(err, -EPROTO, "the member %s has no %s", row->id,
                       diff->is_ecs ? "ecs_id" : "host");
    if (size == 0)
        size = identity_pack(row->group, address, ret_live->port, ret_live->identity);
    if (size < 0)
        return err_set(err, -EPROTO, "the member %s has an overlong group or address", row->id);
    ret_live->identity_size = (size_t)size;
    return 0;
}

/* The member of the roster whose host the service spells in canonical form, as it does nearly all:
 * its bytes are compared, and nothing is parsed. DESIRED_NONE says nothing yet. */
static size_t diff_find_as_spelled(const Diff *diff, const LiveRow *live)
{
    const MemberRow *row = live->row;

    return diff->is_ecs ? DESIRED_NONE
                        : desired_find_member(diff->desired, row->group, row->host, live->port);
}

/* The identity is packed only of what is not found as it is spelled. */
static int diff_find_wanted(const Diff *diff, LiveRow *ret_live, size_t *ret_wanted, Err *err)
{
    const MemberRow *row = ret_live->row;
    size_t wanted = diff_find_as_spelled(diff, ret_live);
    int r = 0;

    ret_live->identity_size = 0;
    if (wanted == DESIRED_NONE) {
        r = diff_identify(diff, ret_live, err);
        if (r == 0)
            wanted =
                desired_find_member(diff->desired, row->group,
                                    diff->is_ecs ? row->ecs_id : ret_live->host, ret_live->port);
    }
    if (r < 0)
        return r;
    assert(wanted == DESIRED_NONE || wanted < diff->desired->channel->member_count);
    *ret_wanted = wanted;
    return 0;
}

/* Map values are pointers: an extra's number, from 1, stands in one. */
static int diff_index_extra(Diff *diff, const Extra *extra, size_t number)
{
    void *value = (void *)(uintptr_t)(number + 1);

    if (map_put(&diff->extras_by_id, extra->id, strlen(extra->id), value) < 0 ||
        map_put(&diff->extras_by_identity, extra->identity, extra->identity_size, value) < 0)
        return -ENOMEM;
    return 0;
}

/* Everything an extra needs is copied: the page that it stands on is dropped. */
static int diff_add_extra(Diff *diff, const LiveRow *live, const char *member_json)
{
    const MemberRow *row = live->row;
    Extra extra = {
        .id = live->id,
        .group = arena_string(&diff->arena, row->group),
        .address = arena_string(&diff->arena, diff->is_ecs ? row->ecs_id : row->host),
        .port = live->port,
        .identity = arena_copy(&diff->arena, live->identity, live->identity_size),
        .identity_size = live->identity_size,
        .fields = row->fields,
        .member_json = member_json ? arena_string(&diff->arena, member_json) : NULL,
    };

    if (!extra.group || !extra.address || !extra.identity || !extra.member_json ||
        mem_grow(&diff->extras, &diff->extra_capacity, diff->extra_count + 1,
                 sizeof(*diff->extras)) < 0)
        return -ENOMEM;
    diff->extras[diff->extra_count++] = extra;
    return diff->finds_extras ? diff_index_extra(diff, &extra, diff->extra_count - 1) : 0;
}

/* Which of the fields that a member states are other ones live. A weight that is not told is not
 * compared. */
static uint8_t diff_compare(const RosterMember *member, uint8_t states, const MemberFields *live)
{
    uint8_t changed = 0;

    if (states & ROSTER_MEMBER_WEIGHT && live->weight != OPS_WEIGHT_NONE &&
        live->weight != member->weight)
        changed |= ROSTER_MEMBER_WEIGHT;
    if (states & ROSTER_MEMBER_BACKUP && live->is_backup != member->backup)
        changed |= ROSTER_MEMBER_BACKUP;
    if (states & ROSTER_MEMBER_ENABLED && live->is_enabled != member->enabled)
        changed |= ROSTER_MEMBER_ENABLED;
    return changed;
}

static int diff_add_changed(Diff *diff, const Changed *row, const MemberPage *page, size_t number)
{
    const char *member_json = page->describe(page, number);
    Changed *changed;

    if (mem_grow(&diff->changed, &diff->changed_capacity, diff->changed_count + 1,
                 sizeof(*diff->changed)) < 0)
        return -ENOMEM;
    changed = &diff->changed[diff->changed_count];
    *changed = *row;
    changed->member_json = member_json ? arena_string(&diff->arena, member_json) : NULL;
    if (!changed->member_json ||
        desired_copy_key(diff->desired, row->desired, &diff->arena, &changed->identity) < 0)
        return -ENOMEM;
    diff->changed_count++;
    return 0;
}

/* A row of a member that the roster wants. */
static int diff_add_wanted(Diff *diff, size_t desired, const LiveRow *live, const MemberPage *page,
                           size_t number)
{
    const RosterMember *member = &diff->desired->channel->members[desired];
    const MemberFields *fields = &live->row->fields;
    uint8_t changed;

    diff->seen[desired] = live->id;
    diff->seen_fields[desired] = *fields;
    if (!member->states)
        return 0;
    changed = diff_compare(member, desired_states(diff->desired, member), fields);
    if (!changed)
        return 0;
    return diff_add_changed(
        diff, &(Changed){.desired = desired, .id = live->id, .states = changed, .live = *fields},
        page, number);
}

/* What the ids of a list lead to. */
static DiffLook diff_enabled = DIFF_ENABLED, diff_disabled = DIFF_DISABLED;

static int diff_note_id(Diff *diff, const MemberRow *row, char **ret_id, Err *err)
{
    size_t size = strlen(row->id);
    char *id = arena_copy(&diff->arena, row->id, size);
    DiffLook *look = row->fields.is_enabled ? &diff_enabled : &diff_disabled;
    int r = id ? map_put(&diff->ids, id, size, look) : -ENOMEM;

    if (r < 0)
        return err_memory(err);
    *ret_id = id;
    return r > 0 ? 0 : err_set(err, -EPROTO, "the member %s is listed twice", row->id);
}

static int diff_add_ignored(Diff *diff, const LiveRow *live)
{
    const void *identity = arena_copy(&diff->arena, live->identity, live->identity_size);
    IgnoredRow *ignored = arena_alloc(&diff->arena, sizeof(*ignored));

    if (!identity || !ignored ||
        map_put(&diff->ignored, identity, live->identity_size, ignored) < 0)
        return -ENOMEM;
    *ignored = (IgnoredRow){live->id, live->row->fields};
    diff->ignored_count++;
    return 0;
}

/* The identity of a row, which is the roster's where that has the member. */
static int diff_copy_identity(Diff *diff, const LiveRow *live, size_t wanted, DesiredKey *ret_key)
{
    if (wanted != DESIRED_NONE)
        return desired_copy_key(diff->desired, wanted, &diff->arena, ret_key);
    *ret_key = (DesiredKey){arena_copy(&diff->arena, live->identity, live->identity_size),
                            live->identity_size};
    return ret_key->bytes ? 0 : -ENOMEM;
}

/* Where somebody asked for it by its id. */
static int diff_keep(Diff *diff, const LiveRow *live, size_t wanted, const MemberPage *page,
                     size_t number)
{
    const MemberRow *row = live->row;
    DesiredKey identity = {0};
    const char *member_json;
    Kept kept;

    if (!diff->kept_ids || !map_find(diff->kept_ids, live->id, strlen(live->id)))
        return 0;
    if (diff_copy_identity(diff, live, wanted, &identity) < 0)
        return -ENOMEM;
    member_json = page->describe(page, number);
    kept = (Kept){
        .id = live->id,
        .group = arena_string(&diff->arena, row->group),
        .address = arena_string(&diff->arena, diff->is_ecs ? row->ecs_id : row->host),
        .port = live->port,
        .wanted = wanted,
        .identity = identity.bytes,
        .identity_size = identity.size,
        .member_json = member_json ? arena_string(&diff->arena, member_json) : NULL,
    };
    if (!kept.group || !kept.address || !kept.member_json ||
        mem_grow(&diff->kept, &diff->kept_capacity, diff->kept_count + 1, sizeof(*diff->kept)) < 0)
        return -ENOMEM;
    diff->kept[diff->kept_count++] = kept;
    return 0;
}

/* `*channel_id` is that of the row before, which most pages give once for all. */
static int diff_add_row(Diff *diff, const MemberPage *page, size_t number, const char **channel_id,
                        Err *err)
{
    const MemberRow *row = &page->rows[number];
    LiveRow live;
    size_t wanted;
    int r;

    live.row = row;
    live.port = row->port ? row->port : diff->desired->channel_port;
    if (!str_is_id(row->id, OPS_ID_SIZE_MAX))
        return err_set(err, -EPROTO, "a member's id is not one that can be named to the service");
    if (row->channel_id != *channel_id && !str_equal(row->channel_id, diff->channel_id))
        return err_set(err, -EPROTO, "the member %s belongs to another channel (%s)", row->id,
                       row->channel_id);
    *channel_id = row->channel_id;
    r = diff_note_id(diff, row, &live.id, err);
    if (r < 0)
        return r;
    r = diff_find_wanted(diff, &live, &wanted, err);
    if (r < 0)
        return r;
    diff->live_count++;
    if (diff_keep(diff, &live, wanted, page, number) < 0)
        return err_memory(err);
    if (wanted != DESIRED_NONE) {
        r = diff_add_wanted(diff, wanted, &live, page, number);
    } else if (!ignore_matches(diff->desired->channel, diff->desired->channel_port, row, live.host,
                               live.port)) {
        diff->extras_in_service += row->fields.is_enabled;
        return diff_add_extra(diff, &live, page->describe(page, number)) < 0 ? err_memory(err) : 0;
    } else {
        r = diff_add_ignored(diff, &live);
    }
    if (r < 0)
        return err_memory(err);
    if (row->fields.is_enabled)
        diff->staying_in_service++;
    return 0;
}

int diff_add_page(Diff *diff, const MemberPage *page, size_t from, Err *err)
{
    const char *channel_id = diff->channel_id;

    assert(diff->seen && from <= page->row_count);
    if (map_reserve(&diff->ids, diff->ids.size + page->row_count) < 0)
        return err_memory(err);
    for (size_t i = from; i < page->row_count; i++) {
        int r = diff_add_row(diff, page, i, &channel_id, err);

        if (r < 0)
            return r;
    }
    return 0;
}

bool diff_is_changed(const Diff *diff, size_t wanted)
{
    const RosterMember *member = &diff->desired->channel->members[wanted];

    assert(wanted < diff->desired->channel->member_count);
    return diff->seen[wanted] && diff_compare(member, desired_states(diff->desired, member),
                                              &diff->seen_fields[wanted]) != 0;
}
