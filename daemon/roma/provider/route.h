/* SPDX-License-Identifier: MIT */
/*
 * How the requests of an instance travel, to the service and to IAM: whom their connections trust
 * (ca_file), through which proxy they go, how long they may take, how many may be in flight; and
 * what a file that was replaced means for connections that are kept.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/http/client.h"
#include "daemon/roma/auth/credential.h"
#include "reconcile/request/limiter.h"

/* Starts as {0}, and stays where it is: requests under way, and those that wait to be sent again,
 * borrow what is in it. */
typedef struct Route {
    const Config *config;
    const Instance *instance;
    Buf ca_path;              /* "" without a ca_file */
    CredentialStamp ca_stamp; /* of the file as connections were made with it */
    HttpProxy proxy;
    char *proxy_user; /* NULL: without credentials */
    Secret *proxy_password;
    CredentialStamp proxy_stamp;
    Limiter *limiter; /* whose permits requests for a credential take, borrowed; NULL: none's */
} Route;

/* Relative files stand below the settings' own directory, a secret in $CREDENTIALS_DIRECTORY first.
 * Errors of proxy_password_file as credential_load(); -ENOMEM. route_done() in every case. */
int route_init(Route *route, const Config *config, const Instance *instance, Err *err);
void route_done(Route *route);

/* Fills in what a request to that endpoint of the instance goes by. No proxy stands between us and
 * what is near (endpoint_host.h). */
void route_apply(const Route *route, const char *endpoint, HttpRequest *request);

/* Where a file has changed, it is read again, and connections that were made by the one before
 * serve no further request. What is wrong with proxy_password_file is no error as long as the proxy
 * takes what was read before. */
void route_refresh(Route *route, Http *http);
