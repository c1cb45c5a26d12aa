/* SPDX-License-Identifier: MIT */
/* The fleet on the status page, out of the JSON of GET /v1/status (`root`): nothing of it where the
 * host is the only one. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"

/* What is wrong in it that wants somebody: this host is cut off, nobody owns an instance, or the
 * owner of one tells that channels failed or are held. */
size_t page_fleet_count_troubles(const Json *root);

/* The same as cases of the verdict. */
void page_fleet_append_cases(Buf *buf, const Json *root);

/* A section: the hosts, and the instances that are not this host's. */
void page_fleet_append(Buf *buf, const Json *root);
