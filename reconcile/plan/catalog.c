/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/catalog.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/str.h"
#include "daemon/base/suggest.h"

#define TYPE_ABSENT (-1)
#define TYPE_SERVER 2
#define TYPE_MICROSERVICE 3

/* So many ids are told of channels with one name. */
#define IDS_MAX 8U

/* For so many names that are unknown, near ones are looked for: a catalog may be large. */
#define NEAR_MAX 20U

void catalog_done(Catalog *catalog)
{
    map_done(&catalog->by_id);
    map_done(&catalog->by_name);
    arena_done(&catalog->arena);
    *catalog = (Catalog){0};
}

void catalog_reset(Catalog *catalog)
{
    catalog_done(catalog);
}

/* Replaces the groups, which are the page's, by a copy. 0 or -ENOMEM. */
static int catalog_keep_groups(Catalog *catalog, ChannelRow *row)
{
    ChannelGroup *groups;

    if (row->group_count == 0)
        return 0;
    groups = arena_alloc(&catalog->arena, row->group_count * sizeof(*groups));
    if (!groups)
        return -ENOMEM;
    for (size_t i = 0; i < row->group_count; i++) {
        groups[i] = row->groups[i];
        groups[i].name = arena_string(&catalog->arena, row->groups[i].name);
        if (!groups[i].name)
            return -ENOMEM;
    }
    row->groups = groups;
    return 0;
}

static CatalogRow *catalog_copy(Catalog *catalog, const ChannelRow *row)
{
    CatalogRow *copy = arena_alloc(&catalog->arena, sizeof(*copy));

    if (!copy)
        return NULL;
    *copy = (CatalogRow){.channel = *row, .same_name_count = 1};
    copy->channel.id = arena_string(&catalog->arena, row->id);
    copy->channel.name = arena_string(&catalog->arena, row->name);
    copy->channel.member_type = arena_string(&catalog->arena, row->member_type);
    copy->channel.vpc_channel_type = arena_string(&catalog->arena, row->vpc_channel_type);
    copy->channel.odd = row->odd ? arena_string(&catalog->arena, row->odd) : NULL;
    if ((row->odd && !copy->channel.odd) || !copy->channel.id || !copy->channel.name ||
        !copy->channel.member_type || !copy->channel.vpc_channel_type ||
        catalog_keep_groups(catalog, &copy->channel) < 0)
        return NULL;
    return copy;
}

static int catalog_add_name(Catalog *catalog, CatalogRow *row)
{
    const char *name = row->channel.name;
    int r = map_put(&catalog->by_name, name, strlen(name), row);

    if (r == 0) {
        CatalogRow *first = map_find(&catalog->by_name, name, strlen(name));

        assert(first);
        first->same_name_count++;
        row->next_of_name = first->next_of_name;
        first->next_of_name = row;
    } else if (r > 0) {
        row->earlier = catalog->last_name;
        catalog->last_name = row;
    }
    return r < 0 ? r : 0;
}

static int catalog_add_row(Catalog *catalog, const ChannelRow *row, Err *err)
{
    CatalogRow *copy = catalog_copy(catalog, row);
    int r = copy ? 1 : -ENOMEM;

    assert(row->odd || row->id[0] != '\0');
    if (r >= 0 && row->id[0] != '\0')
        r = map_put(&catalog->by_id, copy->channel.id, strlen(copy->channel.id), copy);
    else if (r >= 0 && catalog->unread_count++ == 0)
        str_copy(catalog->unread_why, sizeof(catalog->unread_why), row->odd);
    if (r == 0)
        return err_set(err, -EPROTO, "the channel %s is listed twice", row->id);
    if (r >= 0 && row->name[0] != '\0')
        r = catalog_add_name(catalog, copy);
    return r < 0 ? err_memory(err) : 0;
}

int catalog_add_page(Catalog *catalog, const ChannelPage *page, size_t from, Err *err)
{
    assert(from <= page->row_count);
    for (size_t i = from; i < page->row_count; i++) {
        int r = catalog_add_row(catalog, &page->rows[i], err);

        if (r < 0)
            return r;
    }
    return 0;
}

CatalogRow *catalog_find(const Catalog *catalog, const char *id)
{
    assert(id);
    return map_find(&catalog->by_id, id, strlen(id));
}

/* The name that is meant, most likely; NULL: none is like it, or very many were looked for. */
static const char *catalog_find_near(Catalog *catalog, const char *name)
{
    Suggest suggest;

    if (catalog->miss_count++ >= NEAR_MAX)
        return NULL;
    suggest_init(&suggest, name);
    for (const CatalogRow *row = catalog->last_name; row; row = row->earlier)
        suggest_offer(&suggest, row->channel.name);
    return suggest.best;
}

static void catalog_miss(Catalog *catalog, const RosterChannel *entry, const char *key, Err *err)
{
    const char *near = entry->id ? NULL : catalog_find_near(catalog, key);

    err_set(err, -ENOENT, "the instance has no channel with the %s %s (%s:%zu)%s%s%s",
            entry->id ? "id" : "name", key, entry->file, entry->line, near ? ", did you mean " : "",
            near ? near : "", near ? "?" : "");
    if (catalog->unread_count > 0)
        err_set(err, -ENOENT,
                "the instance has no channel with the %s %s (%s:%zu) among those that can be read: "
                "of %zu the id cannot (%s)",
                entry->id ? "id" : "name", key, entry->file, entry->line, catalog->unread_count,
                catalog->unread_why);
}

/* "c1, c2 and 3 more" */
static int catalog_refuse_several(const CatalogRow *first, const RosterChannel *entry, Err *err)
{
    _cleanup_(buf_done) Buf ids = {0};
    size_t shown = 0;

    for (const CatalogRow *row = first; row && shown < IDS_MAX; row = row->next_of_name)
        buf_printf(&ids, "%s%s", shown++ == 0 ? "" : ", ", row->channel.id);
    if (first->same_name_count > shown)
        buf_printf(&ids, " and %zu more", first->same_name_count - shown);
    if (buf_failed(&ids) < 0)
        return err_memory(err);
    return err_set(err, -ENOTUNIQ,
                   "the instance has %zu channels named %s, name the one meant by its id (%s:%zu): "
                   "%s",
                   first->same_name_count, entry->name, entry->file, entry->line, buf_text(&ids));
}

CatalogRow *catalog_claim(Catalog *catalog, const RosterChannel *entry, Err *err)
{
    const char *key = entry->id ? entry->id : entry->name;
    CatalogRow *row;

    assert(key);
    row = map_find(entry->id ? &catalog->by_id : &catalog->by_name, key, strlen(key));
    if (!row) {
        catalog_miss(catalog, entry, key, err);
        return NULL;
    }
    if (!entry->id && row->same_name_count > 1) {
        catalog_refuse_several(row, entry, err);
        return NULL;
    }
    if (row->channel.odd) {
        err_set(err, -EPROTO, "the list of channels shows the channel %s wrongly: %s (%s:%zu)", key,
                row->channel.odd, entry->file, entry->line);
        return NULL;
    }
    row->claims++;
    return row;
}

static ChannelKind catalog_refuse(Err *err, const char *what, const char *why)
{
    err_set(err, -EOPNOTSUPP, "%s: %s", what, why);
    return CHANNEL_UNMANAGEABLE;
}

static ChannelKind catalog_member_kind(const ChannelRow *channel, Err *err)
{
    if (str_equal(channel->member_type, "ip"))
        return CHANNEL_OF_ADDRESSES;
    if (str_is_empty(channel->member_type) || str_equal(channel->member_type, "ecs"))
        return CHANNEL_OF_ECS;
    return catalog_refuse(err, "the channel's member_type is unknown to rosterd",
                          channel->member_type);
}

ChannelKind catalog_classify(const ChannelRow *channel, Err *err)
{
    const char *type = channel->vpc_channel_type;

    if (str_equal(type, "reference") || channel->has_reference)
        return catalog_refuse(err, "a reference channel has no members of its own",
                              "manage the channel that it refers to");
    if (str_equal(type, "microservice") || channel->type == TYPE_MICROSERVICE)
        return catalog_refuse(err, "a microservice channel follows its pods",
                              "its members are not for a roster to keep");
    if (str_equal(type, "builtin"))
        return catalog_member_kind(channel, err);
    if (!str_is_empty(type))
        return catalog_refuse(err, "the channel's vpc_channel_type is unknown to rosterd", type);
    if (channel->type == TYPE_ABSENT || channel->type == 0 || channel->type == TYPE_SERVER)
        return catalog_member_kind(channel, err);
    err_set(err, -EOPNOTSUPP, "the channel's type %d is unknown to rosterd", channel->type);
    return CHANNEL_UNMANAGEABLE;
}
