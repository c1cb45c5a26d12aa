/* SPDX-License-Identifier: MIT */
/* The inside of a ChannelList, for its own files. */
#pragma once

#include "daemon/roma/wire/channels.h"

#define CHANNELS_LIST "vpc_channels"

/* The fields of a row that are read. */
typedef enum ChannelField {
    CHANNEL_ID,
    CHANNEL_NAME,
    CHANNEL_PORT,
    CHANNEL_TYPE,
    CHANNEL_MEMBER_TYPE,
    CHANNEL_VPC_TYPE,
    CHANNEL_GROUPS,
    CHANNEL_FIELDS,
} ChannelField;

extern const char *const channel_field_names[CHANNEL_FIELDS];

/* Of those, the fields of a group. */
typedef enum GroupField {
    GROUP_NAME,
    GROUP_WEIGHT,
    GROUP_REFERENCE,
    GROUP_FIELDS,
} GroupField;

extern const char *const group_field_names[GROUP_FIELDS];
