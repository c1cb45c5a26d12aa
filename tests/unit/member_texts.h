/* SPDX-License-Identifier: MIT */
/* The texts of a roster's member, out of literals. */
#pragma once

#include "config/config.h"

/* Its address and group, for a designated initializer. */
#define MEMBER_IN_GROUP(host, group) .address = host "\0" group, .group_at = sizeof(host)
