/* SPDX-License-Identifier: MIT */
/* The status page as it is made: a step at a time, none of which holds the loop for long, for
 * however many wait for it. */
#pragma once

#include "daemon/control/control_internal.h"

typedef struct PageMaking PageMaking;

/* NULL without memory. */
PageMaking *page_making_new(Control *control);
void page_making_free(PageMaking *making);
DEFINE_CLEANUP(PageMaking, page_making_free)

/*
 * Makes the next step: looks what there is to be told, then whether that is another page than
 * `made`, and, unless everybody who made a step has that version (`have`; "": none), puts it into
 * `made`. 1: more steps follow; 0: `made` is of now; -ESTALE: the controller is another one, it is
 * to be begun anew; -ENOMEM.
 */
int page_making_step(PageMaking *making, const char *have, PageMade *made);
