/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_page.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/handle_status.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/history.h"
#include "daemon/store/newest.h"
#include "daemon/web/page.h"

#define HANDLE_PAGE_ACTIONS 10     /* the newest changes, each by itself */
#define HANDLE_PAGE_COUNTED 20000  /* in the charts */
#define HANDLE_PAGE_SAMPLES 100000 /* that are looked through for troubles */

/* However many look at it, it is looked for changes so often and no more. */
#define HANDLE_PAGE_FRESH_USEC (USEC_PER_SEC / 2)

/* What a page is made of. */
typedef struct PageParts {
    Buf status, history; /* JSON; `history` is empty where it cannot be read */
    PageTimeline timeline;
} PageParts;

static void handle_page_done(PageParts *parts)
{
    buf_done(&parts->status);
    buf_done(&parts->history);
}

/* Looks through samples once a minute. */
static void handle_page_take_troubles(Store *store, uint64_t now_usec, PageTimeline *troubles)
{
    if (troubles->now_usec / USEC_PER_MINUTE == now_usec / USEC_PER_MINUTE)
        return;
    *troubles = (PageTimeline){.now_usec = now_usec};
    store_newest_troubles(store, now_usec - PAGE_TIMELINE_USEC, HANDLE_PAGE_SAMPLES,
                          page_timeline_add, troubles, NULL);
}

static int handle_page_take_history(Store *store, PageTimeline *troubles, PageParts *parts)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter filter = {.limit = HANDLE_PAGE_ACTIONS};
    uint64_t now_usec = clock_realtime_usec(), since_usec = now_usec - PAGE_TIMELINE_USEC;
    int r;

    if (!store || store_history(store, &filter, &actions, NULL) < 0)
        return 0;
    handle_page_take_troubles(store, now_usec, troubles);
    parts->timeline = *troubles;
    r = store_newest(store, since_usec, HANDLE_PAGE_COUNTED, page_timeline_add, &parts->timeline,
                     NULL);
    parts->timeline.is_failed = r < 0;
    parts->timeline.is_cut = r > 0;
    return report_history_append(&actions, &parts->history);
}

static int handle_page_take(Control *control, PageParts *parts)
{
    int r;

    parts->timeline.now_usec = clock_realtime_usec();
    if (!control->controller)
        return 0;
    handle_status_append_for_page(control, &parts->status);
    r = handle_page_take_history(control->state->store, &control->page.troubles, parts);
    return r < 0 ? r : buf_failed(&parts->status);
}

/* Of all that the page says: it changes with the minute as well, as the charts do. */
static int handle_page_version(const PageParts *parts, char ret_version[static DIGEST_HEX_SIZE])
{
    uint64_t minute = parts->timeline.now_usec / USEC_PER_MINUTE;
    char hashes[3][DIGEST_HEX_SIZE];
    _cleanup_(buf_done) Buf whole = {0};
    int r = digest_sha256_hex(buf_text(&parts->status), parts->status.size, hashes[0]);

    if (r == 0)
        r = digest_sha256_hex(buf_text(&parts->history), parts->history.size, hashes[1]);
    if (r == 0)
        r = digest_sha256_hex(parts->timeline.bins, sizeof(parts->timeline.bins), hashes[2]);
    if (r < 0)
        return r;
    buf_append(&whole, hashes, sizeof(hashes));
    buf_append(&whole, &minute, sizeof(minute));
    r = buf_failed(&whole);
    return r < 0 ? r : digest_sha256_hex(whole.data, whole.size, ret_version);
}

/* NULL where there is none, and without memory. */
static Json *handle_page_parse(const Buf *text)
{
    Json *root = NULL;
    Err err = {0};

    if (text->size > 0)
        json_parse_once(buf_text(text), text->size, &root, &err);
    return root;
}

static int handle_page_render(PageMade *made, const PageParts *parts)
{
    _cleanup_(json_freep) Json *status = handle_page_parse(&parts->status);
    _cleanup_(json_freep) Json *history = handle_page_parse(&parts->history);
    int r;

    if ((!status && parts->status.size > 0) || (!history && parts->history.size > 0))
        return -ENOMEM;
    r = web_page_append(&(WebPage){.status = status,
                                   .history = history,
                                   .timeline = &parts->timeline,
                                   .version = made->version},
                        &made->document);
    if (r < 0)
        buf_done(&made->document);
    return r;
}

/* Looks whether it is another one by now, and makes it where it is wanted. */
static int handle_page_make(Control *control, const char *have)
{
    _cleanup_(handle_page_done) PageParts parts = {0};
    PageMade *made = &control->page;
    char version[DIGEST_HEX_SIZE];
    int r = handle_page_take(control, &parts);

    if (r == 0)
        r = handle_page_version(&parts, version);
    if (r < 0)
        return r;
    if (!str_equal(version, made->version))
        buf_done(&made->document);
    str_copy(made->version, sizeof(made->version), version);
    made->usec = clock_monotonic_usec();
    if (made->document.size > 0 || (have && str_equal(have, version)))
        return 0;
    return handle_page_render(made, &parts);
}

static bool handle_page_is_fresh(const PageMade *made, const char *have)
{
    return made->usec && clock_monotonic_usec() - made->usec < HANDLE_PAGE_FRESH_USEC &&
           (made->document.size > 0 || (have && str_equal(have, made->version)));
}

void handle_page(Control *control, ServerRequest *request)
{
    const char *have = server_request_find(request, "have");
    const char *policy = web_page_policy();
    int r = policy ? 0 : -ENOMEM;
    Buf buf = {0};

    if (r == 0 && !handle_page_is_fresh(&control->page, have))
        r = handle_page_make(control, have);
    if (r < 0) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    if (have && str_equal(have, control->page.version)) {
        buf_puts(&buf, "same\n");
        reply_answer_type(request, 200, SERVER_TEXT, &buf);
        return;
    }
    buf_append(&buf, control->page.document.data, control->page.document.size);
    server_request_set_policy(request, policy);
    reply_answer_type(request, control->controller ? 200 : 503, SERVER_HTML, &buf);
}
