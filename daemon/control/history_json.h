/* The history as JSON (PRODUCT.md section 5). */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/store.h"

/* Appends {"actions": [...]}, with a newline at its end. 0 or -ENOMEM. */
int history_json_append(const StoreActions *actions, Buf *buf);
