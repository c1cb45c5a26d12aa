/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Makes of the request's real answer what its fault says: another answer, or a list that lies. */
void deform_answer(Request *r);

/* What people do behind this request's back: "after" of its fault. */
void deform_act_after(Request *r);
