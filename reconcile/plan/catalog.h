/* SPDX-License-Identifier: MIT */
/* The channels of one instance as its list tells them: resolving a roster's name or id to one of
 * them, and telling what kind it is (API.md sections 1.7, 1.8, 1.10). */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/map.h"
#include "reconcile/ops.h"

typedef struct CatalogRow CatalogRow;
struct CatalogRow {
    ChannelRow channel;
    size_t same_name_count;    /* on the first row of a name: how many have it */
    CatalogRow *next_of_name;  /* which has the same name, in no order; NULL: none */
    const CatalogRow *earlier; /* the row with a name of its own that came before */
    size_t claims;             /* entries of the rosters that resolve to it */
};

typedef struct Catalog {
    Arena arena; /* holds the rows and all their strings */
    Map by_id;
    Map by_name;                 /* the first row of each name */
    const CatalogRow *last_name; /* of those; NULL: none */
    size_t miss_count;           /* entries of the rosters that resolve to none */
    size_t unread_count;         /* rows whose id cannot be read */
    char unread_why[160];        /* what the first of them is like */
} Catalog;

void catalog_done(Catalog *catalog);

/* Forgets all rows, for reading the list again. */
void catalog_reset(Catalog *catalog);

/* Takes a page's rows from the one numbered `from`. A row that is not well-formed (ChannelRow.odd)
 * is the matter of whoever names it: by the id or the name that can be read of it. 0; -EPROTO when
 * an id comes twice, told in `err`; -ENOMEM. */
int catalog_add_page(Catalog *catalog, const ChannelPage *page, size_t from, Err *err);

/* The one row that a roster's entry means, counted as a claim; NULL, told in `err`, when its name
 * or id fits none, its name several, or the row is not well-formed. Borrowed from the catalog. A
 * channel whose name cannot be read is not taken for one of the same name: the service refuses a
 * second channel of a name (API.md section 3.3, code 3208). */
CatalogRow *catalog_claim(Catalog *catalog, const RosterChannel *entry, Err *err);

/* The channel with that id, or NULL. */
CatalogRow *catalog_find(const Catalog *catalog, const char *id);

typedef enum ChannelKind {
    CHANNEL_OF_ADDRESSES,
    CHANNEL_OF_ECS,
    CHANNEL_UNMANAGEABLE, /* a reference, microservice or unknown one */
} ChannelKind;

/* By the rule of API.md section 1.7. `err` says why a channel is unmanageable. */
ChannelKind catalog_classify(const ChannelRow *channel, Err *err);
