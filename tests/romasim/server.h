/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct ServerOptions {
    const char *bind;
    uint16_t port;        /* 0: any that is free */
    const char *tls_cert; /* files; NULL: clear text */
    const char *tls_key;
} ServerOptions;

/* Listens; ends the program when it cannot. Returns the port. */
uint16_t server_start(const ServerOptions *options);

/* Serves until `*stop` becomes true. */
void server_run(volatile const bool *stop);
