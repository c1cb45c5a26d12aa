/* SPDX-License-Identifier: MIT */
/* What a person can do about a refusal that points at the settings. */
#pragma once

#include "reconcile/ops.h"
#include "reconcile/request/classify.h"

/* Adds the advice to the error of that answer, where there is one for it and room. */
void advice_add(const Instance *instance, RequestKind kind, Verdict verdict, const Answer *answer,
                Err *err);
