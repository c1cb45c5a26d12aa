/* SPDX-License-Identifier: MIT */
#include "reconcile/request/attempts.h"

#include <assert.h>
#include <errno.h>

#include "reconcile/request/retry.h"

AttemptStep attempts_on_answer(Attempts *attempts, const Retry *policy, const Answer *answer,
                               const char *doing, uint64_t random, uint64_t *ret_delay_usec,
                               Err *err)
{
    Verdict verdict;

    assert(policy->attempts > 0 && attempts->count < policy->attempts);
    attempts->count++;
    if (answer->kind == ANSWER_HTTP && answer->http >= 200 && answer->http < 300 &&
        !answer->tells_error)
        return ATTEMPT_DONE;
    verdict = classify(REQUEST_LIST_CHANNELS, answer);
    classify_explain(answer, doing, err);
    if (verdict == VERDICT_RENEW)
        return ATTEMPT_REFUSED;
    /* What a success tells in a code that no table has may mean a wrong password: five of those
     * lock its user. */
    if (!classify_sends_again(verdict) ||
        (answer->http >= 200 && answer->http < 300 && !classify_knows(answer->code)))
        return ATTEMPT_FAILED;
    if (attempts->count >= policy->attempts) {
        err_context(err, -EREMOTEIO, "given up after %u attempt%s", attempts->count,
                    attempts->count == 1 ? "" : "s");
        return ATTEMPT_FAILED;
    }
    *ret_delay_usec = retry_delay_after_usec(verdict, answer, policy, attempts->count - 1, random);
    return ATTEMPT_AGAIN;
}
