/* SPDX-License-Identifier: MIT */
/* Every answer to every request: what it means, and what a person is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "reconcile/request/classify.h"
#include "reconcile/request/retry.h"
#include "tests/unit/story_text.h"

#define KINDS (REQUEST_ENABLE_MEMBER + 1)

static const char *word_of(Verdict verdict)
{
    static const char *const words[] = {"done",      "uncertain", "odd",      "gone",
                                        "retry",     "slow",      "throttle", "renew",
                                        "permanent", "withheld",  "channel",  "instance"};

    return words[verdict];
}

/* ---- codes ---- */

static Answer coded(const char *family, unsigned number)
{
    Answer answer = {.kind = ANSWER_HTTP, .http = 400};

    snprintf(answer.code, sizeof(answer.code), "%s.%04u", family, number);
    return answer;
}

/* The first and the last of each range of codes that means the same. */
static void put_family(const char *family, Buf *buf)
{
    Verdict before = VERDICT_DONE;
    bool was_known = false;

    for (unsigned number = 0; number < 10000; number++) {
        const Answer answer = coded(family, number);
        Verdict verdict = classify(REQUEST_LIST_MEMBERS, &answer);
        bool is_known = classify_knows(answer.code);

        if (number > 0 && verdict == before && is_known == was_known)
            continue;
        buf_printf(buf, "from %s on: %s%s\n", answer.code, word_of(verdict),
                   is_known ? ", known" : "");
        before = verdict;
        was_known = is_known;
    }
}

static void each_code_of_each_family(void **state)
{
    static const char *const odd[] = {"",           "APIG",      "APIG.",      "APIG.301",
                                      "APIG.03010", "APIG.03a1", "APIG.030:",  "APIG.030/",
                                      "apig.0301",  "XAPI.0301", "APIGW.1001", ".0301"};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    put_family("APIG", &buf);
    put_family("APIGW", &buf);
    put_family("APIC", &buf);
    put_family("IAM", &buf);
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        Answer answer = {.kind = ANSWER_HTTP, .http = 400};

        str_copy(answer.code, sizeof(answer.code), odd[i]);
        buf_printf(&buf, "\"%s\": %s%s\n", odd[i], word_of(classify(REQUEST_LIST_MEMBERS, &answer)),
                   classify_knows(odd[i]) ? ", known" : "");
    }
    story_text_check("codes", &buf);
}

/* ---- answers ---- */

static void put_answer(const Answer *answer, Buf *buf)
{
    static const char *const kinds[] = {"http",     "odd",       "timeout", "lost",
                                        "not sent", "untrusted", "refused", "withheld"};

    buf_printf(buf, "%s %d %s%s", kinds[answer->kind], answer->http, answer->code,
               answer->tells_error ? " told" : "");
    if (answer->told_http)
        buf_printf(buf, " %d", answer->told_http);
    buf_printf(buf, "%s%s%s%s:", classify_is_ambiguous(answer) ? " ambiguous" : "",
               classify_is_unheard(answer) ? " unheard" : "",
               classify_is_lockout(answer) ? " lockout" : "",
               classify_is_full(answer) ? " full" : "");
    for (RequestKind kind = 0; kind < KINDS; kind++) {
        Verdict verdict = classify(kind, answer);

        buf_printf(buf, " %s%s", word_of(verdict), classify_sends_again(verdict) ? " again" : "");
    }
    buf_putc(buf, '\n');
}

static void each_status_with_each_kind_of_code(void **state)
{
    static const int statuses[] = {100, 199, 200, 201, 202, 204, 299, 300, 302, 399,
                                   400, 401, 402, 403, 404, 405, 407, 408, 409, 428,
                                   429, 430, 499, 500, 501, 502, 503, 504, 505, 599};
    static const char *const codes[] = {"",          "APIG.2001", "APIG.0308", "APIG.3024",
                                        "APIG.3092", "APIG.3309", "APIG.3110", "APIC.3024",
                                        "APIC.3092", "APIC.3309"};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(statuses); i++) {
        for (size_t k = 0; k < ELEMENTS(codes); k++) {
            Answer answer = {.kind = ANSWER_HTTP, .http = statuses[i]};

            str_copy(answer.code, sizeof(answer.code), codes[k]);
            put_answer(&answer, &buf);
            if (statuses[i] != 200)
                continue;
            answer.tells_error = true;
            put_answer(&answer, &buf);
            answer.told_http = 404;
            put_answer(&answer, &buf);
            answer.told_http = 429;
            put_answer(&answer, &buf);
        }
    }
    for (AnswerKind kind = ANSWER_ODD; kind <= ANSWER_WITHHELD; kind++)
        put_answer(&(Answer){.kind = kind}, &buf);
    put_answer(&(Answer){.kind = ANSWER_ODD, .http = 200, .code = "APIG.3110"}, &buf);
    put_answer(&(Answer){.kind = ANSWER_HTTP, .http = 401, .message = "You reach the limit"}, &buf);
    put_answer(&(Answer){.kind = ANSWER_HTTP, .http = 403, .message = "You reach the limit"}, &buf);
    put_answer(&(Answer){.kind = ANSWER_ODD, .http = 401, .message = "You reach the limit"}, &buf);
    story_text_check("answers", &buf);
}

/* ---- what a person is told ---- */

static void each_advice(void **state)
{
    static const Answer answers[] = {
        {.kind = ANSWER_HTTP, .http = 401, .code = "APIG.1001", .message = "no", .request_id = "r"},
        {.kind = ANSWER_HTTP, .http = 401, .code = "APIGW.0303"},
        {.kind = ANSWER_HTTP, .http = 404},
        {.kind = ANSWER_HTTP, .http = 403, .code = "APIG.3110", .message = "full"},
        {.kind = ANSWER_LOST, .message = "the connection was lost"},
    };
    Instance instance = {.name = "prod"};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        for (RequestKind kind = 0; kind < KINDS; kind++) {
            Err err = {0};

            instance.auth.method = (AuthMethod)(kind % (AUTH_ENVIRONMENT + 1));
            classify_explain(&answers[i], "asking", &err);
            classify_advise(&instance, kind, classify(kind, &answers[i]), &answers[i], &err);
            buf_printf(&buf, "%d %s %s: %s\n", err.http, err.code, err.request_id, err.text);
        }
    }
    story_text_check("advice", &buf);
}

/* Advice is added where it fits to the last byte, and not where it does not. */
static void advice_that_does_not_fit(void **state)
{
    static const char advice[] = "; check the agency of this host";
    const Instance instance = {.auth = {.method = AUTH_AGENCY}};
    const Answer answer = {.kind = ANSWER_HTTP, .http = 401};
    size_t most = sizeof(((Err *)0)->text) - sizeof(advice);

    (void)state;
    for (size_t size = most - 1; size <= most + 1; size++) {
        Err err = {0};

        memset(err.text, 'x', size);
        classify_advise(&instance, REQUEST_LIST_MEMBERS, VERDICT_RENEW, &answer, &err);
        assert_int_equal(strlen(err.text), size > most ? size : size + sizeof(advice) - 1);
        if (size <= most)
            assert_string_equal(err.text + size, advice);
    }
}

/* ---- how long ---- */

static void each_delay(void **state)
{
    static const uint64_t randoms[] = {0, 1, 1000000, UINT64_MAX};
    static const Verdict verdicts[] = {VERDICT_RETRY, VERDICT_RETRY_SLOW, VERDICT_THROTTLE};
    static const uint64_t after[] = {1, 9 * USEC_PER_SEC, RETRY_AFTER_MAX_USEC,
                                     RETRY_AFTER_MAX_USEC + 1};
    const Retry policy = {4, USEC_PER_SEC, 30 * USEC_PER_SEC, 5 * USEC_PER_SEC};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (uint32_t n = 0; n < 8; n++) {
        for (size_t i = 0; i < ELEMENTS(randoms); i++)
            buf_printf(&buf, " %llu",
                       (unsigned long long)retry_delay_usec(USEC_PER_SEC, 30 * USEC_PER_SEC, n,
                                                            randoms[i]));
        buf_printf(&buf, ", small %llu %llu, capped %llu\n",
                   (unsigned long long)retry_delay_usec(0, 5, n, 3),
                   (unsigned long long)retry_delay_usec(1, 5, n, 3),
                   (unsigned long long)retry_delay_usec(9, 5, n, 2));
    }
    for (size_t i = 0; i < ELEMENTS(verdicts); i++) {
        for (size_t k = 0; k <= ELEMENTS(after); k++) {
            const Answer answer = {.has_retry_after = k > 0,
                                   .retry_after_usec = k > 0 ? after[k - 1] : USEC_PER_HOUR};

            buf_printf(
                &buf, " %llu",
                (unsigned long long)retry_delay_after_usec(verdicts[i], &answer, &policy, 1, 7));
        }
        buf_putc(&buf, '\n');
    }
    story_text_check("delays", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_of_each_family),
        cmocka_unit_test(each_status_with_each_kind_of_code),
        cmocka_unit_test(each_advice),
        cmocka_unit_test(advice_that_does_not_fit),
        cmocka_unit_test(each_delay),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
