/* SPDX-License-Identifier: MIT */
/*
 * Memory for what passes through libraries with secrets in it: requests, answers, TLS
 * records. It stands in mappings of its own that no core dump holds (MADV_DONTDUMP), and is wiped
 * when it is freed. libcurl and libcrypto are told to take theirs from here, for both keep copies
 * of what is sent and received that nobody else could wipe. For small blocks there is a reserve:
 * libcurl 7.88 divides by zero after one of its small allocations has failed (a socket stays listed
 * with a hash without slots).
 */
#pragma once

#include <stddef.h>

/* As malloc(3) and its kin. */
void *secure_alloc_alloc(size_t size);
void *secure_alloc_calloc(size_t count, size_t size);
void *secure_alloc_realloc(void *memory, size_t size);
char *secure_alloc_copy(const char *text);
void secure_alloc_free(void *memory);
