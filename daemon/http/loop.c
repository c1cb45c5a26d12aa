/* SPDX-License-Identifier: MIT */
/* libcurl says which sockets it watches and when it wants to be woken; nothing of it is called from
 * within those two callbacks. */
#include "daemon/http/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/registers.h"
#include "daemon/base/secure_alloc.h"

/* sd-event's accuracy of 0 means 250 ms. */
#define TIMER_ACCURACY_USEC 1

/* Until a failed step is tried again. */
#define AGAIN_USEC (100 * USEC_PER_MSEC)

/* So many sockets are heard in one turn of the event loop, and within about that time: it takes one
 * source a turn, and asks for all that is ready anew each time. */
#define HEARD_MAX 16
#define HEARD_USEC USEC_PER_MSEC

/* More than that, and a socket is left to its request's timeout. */
#define UNWATCHED_MAX 64

typedef struct LoopSocket LoopSocket;

/* A socket that could not be watched for want of memory; libcurl does not ask again. */
typedef struct LoopUnwatched {
    curl_socket_t fd;
    int what;
} LoopUnwatched;

struct LoopSocket {
    Loop *loop;
    LoopSocket *previous, *next;
    curl_socket_t fd;
};

struct Loop {
    sd_event *event;
    CURLM *multi;
    LoopOnProgress on_progress;
    void *userdata;
    sd_event_source *timer;
    sd_event_source *kick;  /* runs once in the next turn of the event loop */
    uint64_t due_usec;      /* when libcurl wants to be woken; USEC_NEVER: not at all */
    uint64_t armed_usec;    /* when the timer goes off, perhaps before that; USEC_NEVER: off */
    LoopSocket *sockets;    /* that libcurl watches */
    int epoll_fd;           /* they are all in it */
    sd_event_source *ready; /* some of them are ready */
    struct epoll_event
        heard[HEARD_MAX]; /* of this turn; without the sockets that are gone by now */
    size_t heard_count;
    LoopUnwatched unwatched[UNWATCHED_MAX]; /* to be watched when the timer goes off */
    size_t unwatched_count;
    bool is_global; /* libcurl was set up for it */
};

static void loop_socket_free(LoopSocket *watched)
{
    Loop *loop = watched->loop;

    if (watched->previous)
        watched->previous->next = watched->next;
    else
        loop->sockets = watched->next;
    if (watched->next)
        watched->next->previous = watched->previous;
    for (size_t i = 0; i < loop->heard_count; i++) {
        if (loop->heard[i].data.ptr == watched)
            loop->heard[i].data.ptr = NULL;
    }
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
    free(watched);
}

/* libcurl's wishes go up with every request, and a timer costs a system call each time it is set:
 * it is left where it is while it goes off before the wish, and set anew then. Where it cannot be
 * set, the next turn tries again. */
static void loop_arm(Loop *loop)
{
    if (loop->due_usec >= loop->armed_usec)
        return;
    if (sd_event_source_set_time(loop->timer, loop->due_usec) >= 0 &&
        sd_event_source_set_enabled(loop->timer, SD_EVENT_ONESHOT) >= 0)
        loop->armed_usec = loop->due_usec;
    else
        sd_event_source_set_enabled(loop->kick, SD_EVENT_ONESHOT);
}

/* A step that failed for want of memory tells no new wish, and the sockets it came to are not
 * watched: without another step their requests would never end, not even by their timeouts. */
static void loop_step_again(Loop *loop)
{
    uint64_t again_usec = clock_monotonic_usec() + AGAIN_USEC;

    if (loop->due_usec > again_usec)
        loop->due_usec = again_usec;
    loop_arm(loop);
}

static uint32_t loop_epoll_events(int what)
{
    uint32_t events = 0;

    if (what & CURL_POLL_IN)
        events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        events |= EPOLLOUT;
    return events;
}

static int loop_epoll(const Loop *loop, int operation, LoopSocket *watched, int what)
{
    struct epoll_event event = {.events = loop_epoll_events(what), .data = {.ptr = watched}};

    return epoll_ctl(loop->epoll_fd, operation, watched->fd, &event) < 0 ? -errno : 0;
}

static int loop_socket_new(Loop *loop, curl_socket_t fd, int what)
{
    LoopSocket *watched = calloc(1, sizeof(*watched));

    if (!watched)
        return -ENOMEM;
    watched->loop = loop;
    watched->fd = fd;
    if (loop_epoll(loop, EPOLL_CTL_ADD, watched, what) < 0) {
        free(watched);
        return -ENOMEM;
    }
    watched->next = loop->sockets;
    if (loop->sockets)
        loop->sockets->previous = watched;
    loop->sockets = watched;
    curl_multi_assign(loop->multi, fd, watched);
    return 0;
}

static void loop_socket_watch(Loop *loop, curl_socket_t fd, int what)
{
    if (loop_socket_new(loop, fd, what) == 0 || loop->unwatched_count == UNWATCHED_MAX)
        return;
    loop->unwatched[loop->unwatched_count++] = (LoopUnwatched){fd, what};
    loop_step_again(loop);
}

static void loop_forget_unwatched(Loop *loop, curl_socket_t fd)
{
    for (size_t i = loop->unwatched_count; i > 0; i--) {
        if (loop->unwatched[i - 1].fd == fd)
            loop->unwatched[i - 1] = loop->unwatched[--loop->unwatched_count];
    }
}

static void loop_watch_again(Loop *loop)
{
    for (size_t i = loop->unwatched_count; i > 0; i--) {
        LoopUnwatched unwatched = loop->unwatched[i - 1];

        loop->unwatched[i - 1] = loop->unwatched[--loop->unwatched_count];
        loop_socket_watch(loop, unwatched.fd, unwatched.what);
    }
}

static void loop_act(Loop *loop, curl_socket_t fd, int events)
{
    int running;

    if (curl_multi_socket_action(loop->multi, fd, events, &running) != CURLM_OK)
        loop_step_again(loop);
    loop->on_progress(loop->userdata);
    registers_clear();
}

static int loop_select(uint32_t events)
{
    int selected = 0;

    if (events & EPOLLIN)
        selected |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        selected |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        selected |= CURL_CSELECT_ERR;
    return selected;
}

static void loop_wake(Loop *loop)
{
    loop_watch_again(loop);
    if (loop->due_usec > clock_monotonic_usec()) {
        loop_arm(loop);
        loop->on_progress(loop->userdata);
        return;
    }
    loop->due_usec = USEC_NEVER;
    loop_act(loop, CURL_SOCKET_TIMEOUT, 0);
}

/* What came of an answer is begun before the next one is heard: it finds the connection that it has
 * just left, before that is closed for another. */
static void loop_hear(Loop *loop, const struct epoll_event *event)
{
    const LoopSocket *watched = event->data.ptr;

    if (!watched)
        return;
    loop_act(loop, watched->fd, loop_select(event->events));
    if (loop->due_usec > 0)
        return;
    sd_event_source_set_enabled(loop->kick, SD_EVENT_OFF);
    loop_wake(loop);
}

/* What is not heard in this turn is ready in the next. */
static int loop_on_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Loop *loop = userdata;
    int count = epoll_wait(fd, loop->heard, HEARD_MAX, 0);
    uint64_t end_usec = clock_monotonic_usec() + HEARD_USEC;

    (void)source;
    (void)revents;
    loop->heard_count = count > 0 ? (size_t)count : 0;
    for (size_t i = 0; i < loop->heard_count; i++) {
        loop_hear(loop, &loop->heard[i]);
        if (clock_monotonic_usec() >= end_usec)
            break;
    }
    loop->heard_count = 0;
    return 0;
}

static int loop_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    Loop *loop = userdata;

    (void)source;
    (void)usec;
    loop->armed_usec = USEC_NEVER;
    loop_wake(loop);
    return 0;
}

static int loop_on_kick(sd_event_source *source, void *userdata)
{
    (void)source;
    loop_wake(userdata);
    return 0;
}

static int loop_on_timer_wanted(CURLM *multi, long timeout_msec, void *userdata)
{
    Loop *loop = userdata;

    (void)multi;
    if (timeout_msec < 0) {
        loop->due_usec = USEC_NEVER;
        return 0;
    }
    if (timeout_msec == 0) {
        loop->due_usec = 0;
        sd_event_source_set_enabled(loop->kick, SD_EVENT_ONESHOT);
        return 0;
    }
    loop->due_usec = clock_monotonic_usec() + (uint64_t)timeout_msec * USEC_PER_MSEC;
    loop_arm(loop);
    return 0;
}

/* A socket that cannot be watched for want of memory is watched a little later: an error returned
 * from here would end the multi handle for good. */
static int loop_on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *userdata,
                                 void *assigned)
{
    LoopSocket *watched = assigned;
    Loop *loop = userdata;

    (void)easy;
    loop_forget_unwatched(loop, fd);
    if (what == CURL_POLL_REMOVE) {
        if (watched)
            loop_socket_free(watched);
    } else if (watched)
        loop_epoll(loop, EPOLL_CTL_MOD, watched, what);
    else
        loop_socket_watch(loop, fd, what);
    return 0;
}

static int loop_add_sources(Loop *loop)
{
    int r = sd_event_add_time(loop->event, &loop->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_USEC,
                              loop_on_timer, loop);

    if (r >= 0)
        r = sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(loop->event, &loop->kick, loop_on_kick, loop);
    if (r >= 0)
        r = sd_event_source_set_enabled(loop->kick, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(loop->event, &loop->ready, loop->epoll_fd, EPOLLIN, loop_on_ready,
                            loop);
    return r < 0 ? r : 0;
}

static int loop_add_multi(Loop *loop)
{
    /* Requests and answers with secrets in them are copied around in libcurl. */
    loop->is_global = curl_global_init_mem(CURL_GLOBAL_DEFAULT, secure_alloc_alloc,
                                           secure_alloc_free, secure_alloc_realloc,
                                           secure_alloc_copy, secure_alloc_calloc) == CURLE_OK;
    loop->multi = loop->is_global ? curl_multi_init() : NULL;
    if (!loop->multi ||
        curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, loop_on_socket_wanted) ||
        curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop) ||
        curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, loop_on_timer_wanted) ||
        curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop))
        return -ENOMEM;
    return 0;
}

int loop_new(sd_event *event, LoopOnProgress on_progress, void *userdata, Loop **ret_loop)
{
    _cleanup_(loop_freep) Loop *loop = calloc(1, sizeof(*loop));
    int r;

    if (!loop)
        return -ENOMEM;
    loop->event = sd_event_ref(event);
    loop->on_progress = on_progress;
    loop->userdata = userdata;
    loop->due_usec = loop->armed_usec = USEC_NEVER;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    r = loop->epoll_fd < 0 ? -errno : loop_add_sources(loop);
    if (r >= 0)
        r = loop_add_multi(loop);
    if (r < 0)
        return r;
    *ret_loop = TAKE_PTR(loop);
    return 0;
}

void loop_free(Loop *loop)
{
    if (!loop)
        return;
    if (loop->multi) {
        curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, NULL);
        curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, NULL);
        curl_multi_cleanup(loop->multi);
    }
    while (loop->sockets)
        loop_socket_free(loop->sockets);
    sd_event_source_disable_unref(loop->timer);
    sd_event_source_disable_unref(loop->kick);
    sd_event_source_disable_unref(loop->ready);
    file_closep(&loop->epoll_fd);
    sd_event_unref(loop->event);
    if (loop->is_global)
        curl_global_cleanup();
    free(loop);
}

CURLM *loop_get_multi(const Loop *loop)
{
    return loop->multi;
}
