/* SPDX-License-Identifier: MIT */
/* The environment as the programs leave it to libraries: without what would lead a connection or
 * its secrets elsewhere, and without secrets. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/secret.h"

/* Before anything else, while no library has read it: what OpenSSL and libcurl would take from it
 * (keys logged, other modules, other authorities, proxies) is removed, and the keys of
 * HUAWEICLOUD_SDK_* are taken out of it, whichever instance uses them. 0 or -ENOMEM. */
int environment_begin(void);

/* Appends which variables named a proxy before they were removed, by name alone, for a value may
 * hold a password: "http_proxy, HTTPS_PROXY". 0 or -ENOMEM. */
int environment_append_proxies(Buf *buf);

/* The value of a variable that is one of those keys, as it was when it was seen last; it is taken
 * out of the environment where it stands there again. 0, with *ret_value left alone where there is
 * none; -ENOMEM. The caller frees *ret_value. */
int environment_get(const char *name, Secret **ret_value);
