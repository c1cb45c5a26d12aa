/* SPDX-License-Identifier: MIT */
/* The host of an endpoint as the settings hold it (settings/endpoint.h), and whether it is near. */
#pragma once

#include <stdbool.h>

#include "config/address.h"

/* The canonical host of scheme://host[:port], without the brackets of an address. */
void endpoint_host(const char *endpoint, char ret_host[static ADDRESS_SIZE_MAX]);

/* Whether it is this host itself, or its metadata service: never asked by a proxy. */
bool endpoint_host_is_near(const char *endpoint);

#define ENDPOINT_METADATA_HOST "169.254.169.254"
