/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_page.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/page_making.h"
#include "daemon/control/reply.h"
#include "daemon/web/page.h"

/* However many look at it, it is looked for changes so often and no more. */
#define HANDLE_PAGE_FRESH_USEC (USEC_PER_SEC / 2)

/* So long is a page made on in one go; and one that nobody went on with is begun anew. */
#define HANDLE_PAGE_TURN_USEC (4 * USEC_PER_MSEC)
#define HANDLE_PAGE_LEFT_USEC (5 * USEC_PER_SEC)

/* An answer that goes out when the page is there. */
typedef struct PageParts {
    Control *control;
    char have[DIGEST_HEX_SIZE]; /* the version that is there already; "": none */
    uint64_t count;             /* of pages that were made when it was asked for */
    Err err;
} PageParts;

/* ---- making it ---- */

/* One more step, of a page that is begun where there is none, or is too old. 1: more follow; 0: it
 * is there. */
static int handle_page_step(Control *control, const char *have)
{
    PageMade *made = &control->page;
    int r;

    if (made->making && clock_monotonic_usec() - made->stepped_usec > HANDLE_PAGE_LEFT_USEC)
        page_making_free(TAKE_PTR(made->making));
    if (!made->making)
        made->making = page_making_new(control);
    if (!made->making)
        return -ENOMEM;
    r = page_making_step(made->making, have, made);
    made->stepped_usec = clock_monotonic_usec();
    if (r > 0)
        return r;
    page_making_free(TAKE_PTR(made->making));
    if (r == 0) {
        made->usec = made->stepped_usec;
        made->count++;
    }
    return r == -ESTALE ? 1 : r;
}

/* Whether there is time for a step: all who wait for a page have a turn of the loop together. */
static bool handle_page_has_time(Control *control)
{
    PageMade *made = &control->page;
    uint64_t turn_usec = 0;

    sd_event_now(control->event, CLOCK_MONOTONIC, &turn_usec);
    if (turn_usec != made->turn_usec) {
        made->turn_usec = turn_usec;
        made->begun_usec = clock_monotonic_usec();
    }
    return clock_monotonic_usec() - made->begun_usec < HANDLE_PAGE_TURN_USEC;
}

/* Goes on with it for a turn; while rosterd is starting, to the end. As handle_page_step(). */
static int handle_page_make(const PageParts *parts)
{
    const PageMade *made = &parts->control->page;
    int r = 1;

    while (r >= 0) {
        if (made->count != parts->count &&
            (made->document.size > 0 || str_equal(parts->have, made->version)))
            return 0;
        if (parts->control->controller && !handle_page_has_time(parts->control))
            return 1;
        r = handle_page_step(parts->control, parts->have);
    }
    return r;
}

/* ---- answering ---- */

/* Whether it is the version that is there already. */
static bool handle_page_append(const PageParts *parts, Buf *buf)
{
    const PageMade *made = &parts->control->page;
    bool is_same = str_equal(parts->have, made->version);

    if (is_same)
        buf_puts(buf, "same\n");
    else
        buf_append(buf, made->document.data, made->document.size);
    return is_same;
}

/* White space before the document keeps whoever waits for it waiting. */
static int handle_page_next(void *userdata, Buf *part)
{
    const PageParts *parts = userdata;
    int r = handle_page_make(parts);

    if (r == 0)
        handle_page_append(parts, part);
    else if (r > 0)
        buf_putc(part, '\n');
    return r;
}

static void handle_page_answer(const PageParts *parts, ServerRequest *request)
{
    Buf buf = {0};

    if (handle_page_append(parts, &buf)) {
        reply_answer_type(request, 200, SERVER_TEXT, &buf);
        return;
    }
    server_request_set_policy(request, web_page_policy());
    reply_answer_type(request, parts->control->controller ? 200 : 503, SERVER_HTML, &buf);
}

static void handle_page_begin(Control *control, ServerRequest *request, PageParts *ret_parts)
{
    const char *have = server_request_find(request, "have");
    const PageMade *made = &control->page;
    bool is_fresh = made->usec && clock_monotonic_usec() - made->usec < HANDLE_PAGE_FRESH_USEC;

    *ret_parts = (PageParts){.control = control, .count = made->count - is_fresh};
    if (have)
        str_copy(ret_parts->have, sizeof(ret_parts->have),
                 digest_is_hex(have, DIGEST_WHOLE) ? have : "another");
}

void handle_page(Control *control, ServerRequest *request)
{
    const char *policy = web_page_policy();
    PageParts *parts = policy ? malloc(sizeof(*parts)) : NULL;
    int r = -ENOMEM;

    if (parts) {
        handle_page_begin(control, request, parts);
        r = handle_page_make(parts);
    }
    if (r > 0) {
        server_request_set_policy(request, policy);
        reply_parts(request, SERVER_HTML, &(ServerParts){handle_page_next, free, parts}, 0,
                    &parts->err);
        return;
    }
    if (r == 0)
        handle_page_answer(parts, request);
    else
        reply_refuse(request, 500, "out of memory");
    free(parts);
}
