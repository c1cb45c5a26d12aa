/* SPDX-License-Identifier: MIT */
/* Where notices are sent to: URLs, which are secrets, out of their files. No text repeats one. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"
#include "daemon/base/secret.h"

/* Reads where the notifier with that place in the settings is told, and looks whether that is an
 * URL that may be used. 0; the errors of secret_file_read() and -EINVAL, with the reason in `err`.
 * The caller frees *ret_url. */
int destination_read(const Notifier *notifier, size_t place, const char *directory,
                     Secret **ret_url, Err *err);

/* Does so for all of them, as a start and a reload demand. Errors likewise. */
int destination_check(const Config *config, Err *err);

/* Whether it is http://, which leads to a loopback address. */
bool destination_is_plain(const char *url);
