/* The report as JSON (PRODUCT.md section 6). */
#pragma once

#include "daemon/base/buf.h"
#include "reconcile/report.h"

/* Appends the report, pretty-printed, with a newline at its end. 0 or -ENOMEM. */
int report_json_append(const Report *report, Buf *buf);
