/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what is read of an answer's headers and put out of its texts: Retry-After and Date in the
 * two lines of the input, and a text without the secrets in it.
 */
#include <assert.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/roma/wire/response.h"
#include "reconcile/request/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is told, it is obeyed for five minutes at most. */
static void check_retry_after(const char *retry_after, const char *date)
{
    const Retry policy = {.attempts = 1, .base_usec = 1, .cap_usec = 1, .throttle_base_usec = 1};
    Answer answer = {.kind = ANSWER_HTTP, .http = 429, .retry_after_usec = 7};

    answer.has_retry_after = response_parse_retry_after(retry_after, date, 784111777 * USEC_PER_SEC,
                                                        &answer.retry_after_usec);
    assert(answer.has_retry_after || answer.retry_after_usec == 7);
    assert(retry_delay_after_usec(VERDICT_THROTTLE, &answer, &policy, 0, 0) <=
           RETRY_AFTER_MAX_USEC);
}

/* The first line is the secret. */
static void check_scrubbing(const char *secret, const char *text)
{
    Credential credential = {.references = 1};
    Buf buf = {0};

    credential.secret_key = secret_new_copy(secret, strlen(secret));
    assert(credential.secret_key);
    buf_puts(&buf, text);
    credential_redact(&credential, &buf);
    assert(strlen(buf_text(&buf)) == buf.size && buf.size <= strlen(text));
    assert(secret[0] == '\0' || strspn(secret, "*") == strlen(secret) || strlen(secret) < 4 ||
           !strstr(buf_text(&buf), secret) || strchr(secret, '*'));
    buf_done(&buf);
    secret_free(credential.secret_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *first = strndup((const char *)data, size);
    char *second;

    assert(first);
    second = strchr(first, '\n');
    if (second)
        *second++ = '\0';
    check_retry_after(first, second ? second : "");
    check_scrubbing(first, second ? second : "");
    return 0;
}
