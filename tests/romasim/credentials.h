/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/romasim/jsonget.h"

typedef struct Token {
    char *text;
    char *project_id;      /* NULL: good for every project, unless it is unscoped */
    char *who;             /* whose it is, for the log and for faults; NULL: nobody's */
    bool is_unscoped;      /* got without a scope: good for nothing (APIG.1003) */
    uint64_t expires_msec; /* monotonic; 0: never */
} Token;

typedef struct Key {
    char *access;
    char *secret;
    char *security_token; /* NULL: a permanent key */
    char *project_id;     /* NULL: good for every project */
    bool is_agency;
    uint64_t expires_msec;
    int failures; /* wrong signatures in a row */
    uint64_t locked_until_msec;
} Key;

typedef struct User {
    char *domain;
    char *name;
    char *password;
    json_object *projects; /* ids and names; NULL: every project */
    int token_seconds;
    int failures;
    uint64_t locked_until_msec;
} User;

/* Replaces those of "tokens", "keys" and "users" that are there. Replacing tokens also revokes
 * those that were issued. */
void credentials_load(JsonError *e, json_object *o);

Token *credentials_find_token(const char *text);

/* A token that was issued and lives for `lifetime_sec`. */
void credentials_add_token(const char *text, const char *project_id, bool is_unscoped,
                           long lifetime_sec);

Key *credentials_find_key(const char *access);

/* A key of the agency with `lifetime_sec` to live; the result is borrowed until the next key comes
 * or goes. */
Key *credentials_add_agency_key(const char *access, const char *secret, const char *security_token,
                                uint64_t lifetime_sec);

User *credentials_find_user(const char *domain, const char *name);
