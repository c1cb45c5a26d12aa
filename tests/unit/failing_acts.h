/* SPDX-License-Identifier: MIT */
/* Each allocation of what is asked of etcd fails once, in turn. Needs the allocator to itself. */
#pragma once

#include <errno.h>

#include "daemon/fleet/etcd_internal.h"
#include "tests/unit/etcd_script.h"
#include "tests/unit/failing.h"

/* Something that is asked for: 0, or -ENOMEM, and it is tried again where nobody is told; and how
 * it is taken back. */
typedef struct Act {
    const char *name, *asks; /* NULL: nothing of etcd */
    int (*begin)(void);
    void (*end)(void);
} Act;

static inline void each_allocation_fails(EtcdScript *script, const Etcd *etcd, const Act *act)
{
    bool did_fail = true;

    for (long index = 0; did_fail; index++) {
        int r;

        assert_true(index < 2000);
        failing_after(index);
        r = act->begin();
        did_fail = failing_stop();
        if (r != 0 && (!did_fail || r != -ENOMEM))
            fail_msg("%s: allocation %ld: %d", act->name, index, r);
        etcd_script_expect(script, r == 0 && act->asks ? act->asks : "");
        if (r == 0)
            act->end();
        assert_null(etcd->calls); /* nothing is under way for nobody */
        while (script->asked_count > 0)
            etcd_script_take(script);
    }
}
