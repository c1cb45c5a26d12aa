/* SPDX-License-Identifier: MIT */
/* The inside of a Mirror. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/fleet/etcd_list.h"
#include "daemon/fleet/etcd_watch.h"
#include "daemon/fleet/mirror.h"
#include "daemon/fleet/mirror_items.h"

struct Mirror {
    Etcd *etcd;
    Buf prefix, end;
    uint64_t patience_usec;
    const MirrorOps *ops;
    void *userdata;
    sd_event_source *timer;
    MirrorItems known, coming; /* what is there; what is being read */
    uint64_t revision;         /* up to which `known` is whole; 0: it never was */
    bool is_whole;             /* else it is to be read anew */
    EtcdList *list;
    EtcdWatch *watch;
    size_t endpoint;      /* of the watch */
    uint64_t began_usec;  /* likewise, monotonic */
    bool is_told;         /* the watch has begun */
    uint32_t failures;    /* lists and watches in a row that told nothing */
    uint64_t behind_usec; /* monotonic: since when another answer knows more; 0: none does */
    bool was_fine;        /* on_state() said so last */
};
