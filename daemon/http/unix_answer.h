/* SPDX-License-Identifier: MIT */
/* An answer of HTTP on a Unix socket as its bytes come in: a header, then a body that has a
 * Content-Length or comes in chunks (RFC 9112, sections 6 and 7.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

typedef enum UnixAnswerState {
    UNIX_ANSWER_HEADER,
    UNIX_ANSWER_BODY,       /* or a chunk of it: `left` bytes are to come */
    UNIX_ANSWER_CHUNK_END,  /* the line end behind a chunk */
    UNIX_ANSWER_CHUNK_SIZE, /* the line before one */
    UNIX_ANSWER_TRAILER,    /* what stands behind the last, to an empty line */
    UNIX_ANSWER_WHOLE,      /* whatever comes is not of it */
} UnixAnswerState;

/* Begins as {0}. */
typedef struct UnixAnswer {
    UnixAnswerState state;
    int status; /* once the header is there */
    bool is_chunked;
    uint64_t left;
    Buf text; /* the header, or a line, as far as it is there */
} UnixAnswer;

void unix_answer_done(UnixAnswer *answer);

/* Takes in what came, and appends what it holds of the body to `body`. 0; -EPROTO what answers is
 * no rosterd; -ENOMEM; told in `err`. */
int unix_answer_take(UnixAnswer *answer, const char *bytes, size_t size, Buf *body, Err *err);

/* When nothing more comes: 0; -EIO it is not whole; -EPROTO as above. */
int unix_answer_check(const UnixAnswer *answer, Err *err);
