/* SPDX-License-Identifier: MIT */
/* The inside of a Control, for the files of daemon/control. */
#pragma once

#include "daemon/base/aside.h"
#include "daemon/base/digest.h"
#include "daemon/control/control.h"
#include "daemon/http/server.h"
#include "daemon/shared/shared.h"
#include "daemon/web/listener.h"
#include "daemon/web/page_timeline.h"
#include "daemon/web/web.h"

/* What a request awaits of one scheduler. */
typedef struct Awaited {
    uint64_t done_count;    /* 0: nothing */
    uint64_t unbegun_count; /* when it was asked: more of them is a pass that could not begin */
} Awaited;

/* A request that waits for passes that begin after it. */
typedef struct Waiter {
    ServerRequest *request;
    char *channel;   /* as asked for; NULL: all */
    Awaited *wanted; /* for each scheduler */
} Waiter;

typedef struct Loading Loading;
struct FleetRequest;

/* The status page as it was made last (handle_page.c). */
typedef struct PageMade {
    uint64_t usec;  /* monotonic; 0: none was */
    uint64_t count; /* of those that were made */
    char version[DIGEST_HEX_SIZE];
    Buf document;                   /* empty: nobody has asked for it since it is another one */
    PageTimeline troubles;          /* counted once a minute */
    struct PageMaking *making;      /* the next one, as far as it is; NULL: none is begun */
    uint64_t stepped_usec;          /* monotonic: when it last went on */
    uint64_t turn_usec, begun_usec; /* the turn of the loop in which it did, and since when */
} PageMade;

struct Control {
    sd_event *event;
    char *path; /* of the socket that was made; NULL: none was */
    const State *state;
    bool dry_run;
    const char *invalid;
    ControlLoader loader;   /* without functions: there is none */
    const Notices *notices; /* NULL: there are none */
    Controller *controller;
    uint64_t controller_number; /* counts controllers: what was looked up of another is not valid */
    uint64_t pass_count;        /* and passes that ended since the beginning */
    uint64_t planned_count;     /* and dry runs, `planned` is of the last */
    Server *server;             /* NULL: it cannot be reached by a socket */
    Listener *listener;         /* over TCP; NULL: there is none */
    struct Undoing *undoing;    /* the undo under way (handle_undo.c); NULL: none */
    struct Planning *planning;  /* the dry run or survey under way (planning.c); NULL: none */
    Report planned;             /* of the last dry run by these settings; empty: none */
    Aside *pulls;               /* pulls.c: waits for files that do not answer; NULL: none does */
    Loading *loadings;          /* requests that wait until all is loaded (loading.c) */
    PageMade page;
    Shared *shared;                      /* what the fleet shares; NULL: there is no fleet */
    struct FleetRequest *fleet_requests; /* requests that wait for it (fleet_request.c) */
    Waiter *waiters;
    size_t waiter_count, waiter_capacity;
};

/* Grows with each change of what known plans are borrowed from: the last passes, the last dry run,
 * the configuration. */
uint64_t control_changes(const Control *control);

/* Whether the state can be written; else why not, in `err`. */
int control_writable(const Control *control, Err *err);

/* What daemon/web shows. Borrowed. */
WebView control_view(const Control *control);
