/* SPDX-License-Identifier: MIT */
#include "daemon/http/share.h"

#include <assert.h>
#include <time.h>

#include "daemon/base/clock.h"

#define SHARE_FIRST (SD_EVENT_PRIORITY_NORMAL - 10)
#define SHARE_LAST (SD_EVENT_PRIORITY_NORMAL + 50)

/* A turn is followed by twice its time for others, within these bounds. */
#define SHARE_OTHERS 2
#define SHARE_REST_LEAST_USEC (2 * USEC_PER_MSEC)
#define SHARE_REST_MOST_USEC (20 * USEC_PER_MSEC)

uint64_t share_rest_usec(uint64_t took_usec)
{
    if (took_usec < SHARE_REST_LEAST_USEC / SHARE_OTHERS)
        return SHARE_REST_LEAST_USEC;
    return took_usec < SHARE_REST_MOST_USEC / SHARE_OTHERS ? took_usec * SHARE_OTHERS
                                                           : SHARE_REST_MOST_USEC;
}

static void share_set_priority(Share *share, int64_t priority)
{
    for (size_t i = 0; i < share->source_count; i++)
        sd_event_source_set_priority(share->sources[i], priority);
}

static int share_on_rested(sd_event_source *source, uint64_t usec, void *userdata)
{
    Share *share = userdata;

    (void)source;
    (void)usec;
    share->is_resting = false;
    share_set_priority(share, SHARE_FIRST);
    return 0;
}

int share_init(Share *share, sd_event *event)
{
    int r = sd_event_add_time(event, &share->rest, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              share_on_rested, share);

    if (r >= 0)
        r = sd_event_source_set_priority(share->rest, SHARE_FIRST);
    if (r >= 0)
        r = sd_event_source_set_enabled(share->rest, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void share_done(Share *share)
{
    sd_event_source_disable_unref(share->rest);
    *share = (Share){0};
}

int share_add(Share *share, sd_event_source *source)
{
    int r = sd_event_source_set_priority(source, share->is_resting ? SHARE_LAST : SHARE_FIRST);

    assert(share->source_count < SHARE_SOURCES_MAX);
    if (r < 0)
        return r;
    share->sources[share->source_count++] = source;
    return 0;
}

void share_remove(Share *share, const sd_event_source *source)
{
    for (size_t i = 0; i < share->source_count; i++) {
        if (share->sources[i] != source)
            continue;
        share->sources[i] = share->sources[--share->source_count];
        return;
    }
}

void share_begin_turn(Share *share)
{
    share->begun_usec = clock_monotonic_usec();
}

/* Where the rest cannot be timed, they go on going first. */
void share_end_turn(Share *share)
{
    uint64_t now_usec = clock_monotonic_usec();
    uint64_t until_usec = now_usec + share_rest_usec(now_usec - share->begun_usec);

    if (sd_event_source_set_time(share->rest, until_usec) < 0 ||
        sd_event_source_set_enabled(share->rest, SD_EVENT_ONESHOT) < 0 || share->is_resting)
        return;
    share->is_resting = true;
    share_set_priority(share, SHARE_LAST);
}
