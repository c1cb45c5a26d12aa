/* SPDX-License-Identifier: MIT */
/* A fleet for people, as one of its hosts knows it: the hosts, who owns which instance and until
 * when, and what to do where that is not as it should be. It is made of the JSON of
 * GET /v1/fleet. */
#pragma once

#include "daemon/json/json_value.h"
#include "daemon/report/page.h"

/* Appends all of it. 0 or -ENOMEM. */
int fleet_text_append(const Json *root, bool colour, Buf *buf);

/* What etcd or the lease fails by, and what follows of it; whether this host takes instances:
 * lines of their own. `fleet` is the object of /v1/fleet. */
void fleet_text_append_trouble(const Page *page, const Json *fleet);

/* Who owns one of its instances, and what holds it back: "owned by admin-b since TIME". */
void fleet_text_append_owner(const Json *instance, Buf *buf);

/* What the owner's last pass came to: "3 of 4 channels in sync, 1 held". "" where nothing is told.
 */
void fleet_text_append_record(const Json *record, Buf *buf);
