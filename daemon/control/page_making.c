/* SPDX-License-Identifier: MIT */
#include "daemon/control/page_making.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/handle_status.h"
#include "daemon/json/json_build.h"
#include "daemon/report/history.h"
#include "daemon/store/newest.h"
#include "daemon/web/page.h"

#define PAGE_MAKING_ACTIONS 10     /* the newest changes, each by itself */
#define PAGE_MAKING_COUNTED 20000  /* in the charts */
#define PAGE_MAKING_SAMPLES 100000 /* that are looked through for troubles */

/* What comes next. */
typedef enum PageStage {
    PAGE_STATUS,
    PAGE_HISTORY,
    PAGE_VERSION,
    PAGE_TREE,
    PAGE_DOCUMENT,
} PageStage;

struct PageMaking {
    Control *control;
    PageStage stage;
    bool is_wanted;             /* whatever version it is */
    char have[DIGEST_HEX_SIZE]; /* the version that is there already; "": not known yet */
    StatusParts *parts;         /* of the status, while it is made */
    Buf status, history;        /* JSON; `history` is empty where it cannot be read */
    char hash[DIGEST_HEX_SIZE]; /* of the status, as far as it is made */
    PageTimeline timeline;
    char version[DIGEST_HEX_SIZE];
    JsonBuild build; /* of the status */
    size_t built;    /* bytes of it */
    Json *root, *history_root;
    WebPageMaking web;
};

PageMaking *page_making_new(Control *control)
{
    _cleanup_(page_making_freep) PageMaking *making = calloc(1, sizeof(*making));

    if (!making || json_build_init(&making->build, "channels") < 0)
        return NULL;
    making->control = control;
    making->timeline.now_usec = clock_realtime_usec();
    making->stage = control->controller ? PAGE_STATUS : PAGE_VERSION;
    if (control->controller)
        making->parts = handle_status_begin_for_page(control);
    return control->controller && !making->parts ? NULL : TAKE_PTR(making);
}

void page_making_free(PageMaking *making)
{
    if (!making)
        return;
    if (making->parts)
        handle_status_done(making->parts);
    buf_done(&making->status);
    buf_done(&making->history);
    json_build_done(&making->build);
    json_free(making->root);
    json_free(making->history_root);
    web_page_done(&making->web);
    free(making);
}

/* ---- what there is to be told ---- */

/* The hash of each part is that of all before it, too. */
static int page_making_add_status(PageMaking *making)
{
    _cleanup_(buf_done) Buf part = {0};
    int more = handle_status_next(making->parts, &part), r;

    if (more < 0)
        return more;
    buf_append(&making->status, part.data, part.size);
    buf_append(&part, making->hash, sizeof(making->hash));
    if (buf_failed(&part) < 0 || buf_failed(&making->status) < 0)
        return -ENOMEM;
    r = digest_sha256_hex(part.data, part.size, making->hash);
    if (r == 0 && more == 0) {
        handle_status_done(TAKE_PTR(making->parts));
        making->stage = PAGE_HISTORY;
    }
    return r;
}

/* Looks through samples once a minute. */
static void page_making_take_troubles(Store *store, uint64_t now_usec, PageTimeline *troubles)
{
    if (troubles->now_usec / USEC_PER_MINUTE == now_usec / USEC_PER_MINUTE)
        return;
    *troubles = (PageTimeline){.now_usec = now_usec};
    store_newest_troubles(store, now_usec - PAGE_TIMELINE_USEC, PAGE_MAKING_SAMPLES,
                          page_timeline_add, troubles, NULL);
}

static int page_making_take_history(PageMaking *making)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter filter = {.limit = PAGE_MAKING_ACTIONS};
    uint64_t now_usec = clock_realtime_usec();
    Store *store = making->control->state->store;
    int r;

    making->stage = PAGE_VERSION;
    if (!store || store_history(store, &filter, &actions, NULL) < 0)
        return 0;
    page_making_take_troubles(store, now_usec, &making->control->page.troubles);
    making->timeline = making->control->page.troubles;
    r = store_newest(store, now_usec - PAGE_TIMELINE_USEC, PAGE_MAKING_COUNTED, page_timeline_add,
                     &making->timeline, NULL);
    making->timeline.is_failed = r < 0;
    making->timeline.is_cut = r > 0;
    return report_history_append(&actions, &making->history);
}

/* ---- whether it is another page ---- */

/* Of all that the page says: it changes with the minute as well, as the charts do. */
static int page_making_take_version(PageMaking *making)
{
    uint64_t minute = making->timeline.now_usec / USEC_PER_MINUTE;
    char hashes[2][DIGEST_HEX_SIZE];
    _cleanup_(buf_done) Buf whole = {0};
    int r = digest_sha256_hex(buf_text(&making->history), making->history.size, hashes[0]);

    if (r == 0)
        r = digest_sha256_hex(making->timeline.bins, sizeof(making->timeline.bins), hashes[1]);
    if (r < 0)
        return r;
    buf_append(&whole, making->hash, sizeof(making->hash));
    buf_append(&whole, hashes, sizeof(hashes));
    buf_append(&whole, &minute, sizeof(minute));
    r = buf_failed(&whole);
    return r < 0 ? r : digest_sha256_hex(whole.data, whole.size, making->version);
}

/* 1 where it is to be made. */
static int page_making_compare(PageMaking *making, PageMade *made)
{
    int r = page_making_take_version(making);

    if (r < 0)
        return r;
    if (!str_equal(making->version, made->version))
        buf_done(&made->document);
    str_copy(made->version, sizeof(made->version), making->version);
    if (made->document.size > 0 || (!making->is_wanted && str_equal(making->have, making->version)))
        return 0;
    making->stage = making->status.size > 0 ? PAGE_TREE : PAGE_DOCUMENT;
    return 1;
}

/* ---- making it ---- */

static int page_making_build(PageMaking *making)
{
    size_t left = making->status.size - making->built;
    size_t size = left < SERVER_PART_SIZE ? left : SERVER_PART_SIZE;
    Err err = {0};

    if (json_build_take(&making->build, making->status.data + making->built, size, &err) < 0)
        return -ENOMEM;
    making->built += size;
    if (size < left)
        return 0;
    making->stage = PAGE_DOCUMENT;
    if (making->history.size > 0 && json_parse_once(making->history.data, making->history.size,
                                                    &making->history_root, &err) < 0)
        return -ENOMEM;
    return json_build_end(&making->build, &making->root, &err) < 0 ? -ENOMEM : 0;
}

static int page_making_write(PageMaking *making, PageMade *made)
{
    int r;

    making->web.page = (WebPage){.status = making->root,
                                 .history = making->history_root,
                                 .timeline = &making->timeline,
                                 .version = making->version};
    r = web_page_step(&making->web, &made->document);
    if (r < 0)
        buf_done(&made->document);
    return r;
}

int page_making_step(PageMaking *making, const char *have, PageMade *made)
{
    int r = -EINVAL;

    if (!have[0] || (making->have[0] && !str_equal(making->have, have)))
        making->is_wanted = true;
    str_copy(making->have, sizeof(making->have), have);
    switch (making->stage) {
    case PAGE_STATUS:
        r = page_making_add_status(making);
        return r < 0 ? r : 1;
    case PAGE_HISTORY:
        r = page_making_take_history(making);
        return r < 0 ? r : 1;
    case PAGE_VERSION:
        return page_making_compare(making, made);
    case PAGE_TREE:
        r = page_making_build(making);
        return r < 0 ? r : 1;
    case PAGE_DOCUMENT:
        return page_making_write(making, made);
    }
    return r;
}
