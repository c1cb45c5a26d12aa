/* SPDX-License-Identifier: MIT */
/* The settings' `http`: where the daemon shows itself over TCP, and to whom. */
#pragma once

#include "config/config.h"
#include "config/schema/schema.h"

/* How many entries `hosts` may have. */
#define HTTP_KEYS_HOSTS_MAX 64U

/* What is read of the map. */
typedef struct HttpDraft {
    HttpSettings settings;
    const Node *hosts;
} HttpDraft;

extern const Schema http_keys_schema;

/* After the schema has read `map`: puts what is written there into its canonical form, and reports
 * what the table cannot say. An address that others reach needs a token, and TLS or the word that
 * something in front does it. */
void http_keys_check(Reader *reader, const Node *map, HttpDraft *draft);
