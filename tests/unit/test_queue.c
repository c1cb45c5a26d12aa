/* SPDX-License-Identifier: MIT */
/* Queues of calls: what stands in them after each step, from both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "reconcile/request/queue.h"

static Call calls[5];

/* The calls of that many numbers, in order, and nothing else. */
static void expect(const CallQueue *queue, const char *numbers)
{
    const Call *call = queue->first, *last = NULL;
    size_t count = 0;

    for (; numbers[count]; count++) {
        assert_ptr_equal(call, &calls[numbers[count] - '0']);
        last = call;
        call = call->next;
    }
    assert_null(call);
    assert_ptr_equal(queue->last, last);
    assert_int_equal(queue->count, count);
}

static CallQueue fill(const uint64_t *due_usec)
{
    CallQueue queue = {0};

    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        calls[i] = (Call){.due_usec = due_usec ? due_usec[i] : 0};
        queue_push(&queue, &calls[i]);
    }
    expect(&queue, "01234");
    return queue;
}

static void first_in_first_out(void **state)
{
    CallQueue queue = fill(NULL);

    (void)state;
    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        assert_ptr_equal(queue_pop(&queue), &calls[i]);
        assert_null(calls[i].next);
        expect(&queue, &"01234"[i + 1]);
    }
    assert_null(queue_pop(&queue));
    queue_push(&queue, &calls[3]);
    expect(&queue, "3");
}

static void one_is_taken_wherever_it_stands(void **state)
{
    static const char *const left[] = {"1234", "0234", "0134", "0124", "0123"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        CallQueue queue = fill(NULL);

        assert_true(queue_take(&queue, &calls[i]));
        assert_null(calls[i].next);
        expect(&queue, left[i]);
        assert_false(queue_take(&queue, &calls[i]));
        expect(&queue, left[i]);
        queue_push(&queue, &calls[i]);
        assert_int_equal(queue.count, 5);
        assert_ptr_equal(queue.last, &calls[i]);
    }
}

static void what_is_due_first_comes_first(void **state)
{
    static const uint64_t due_usec[] = {30, 10, 20, 10, UINT64_MAX};
    CallQueue queue = fill(due_usec);

    (void)state;
    assert_int_equal(queue_next_due_usec(&queue), 10);
    assert_null(queue_pop_due(&queue, 9));
    expect(&queue, "01234");
    assert_ptr_equal(queue_pop_due(&queue, 10), &calls[1]);
    expect(&queue, "0234");
    assert_ptr_equal(queue_pop_due(&queue, 100), &calls[3]);
    assert_int_equal(queue_next_due_usec(&queue), 20);
    assert_null(queue_pop_due(&queue, 19));
    assert_ptr_equal(queue_pop_due(&queue, 100), &calls[2]);
    assert_ptr_equal(queue_pop_due(&queue, 100), &calls[0]);
    expect(&queue, "4");
    assert_null(queue_pop_due(&queue, 100));
    assert_ptr_equal(queue_pop_due(&queue, UINT64_MAX), &calls[4]);
    assert_int_equal(queue_next_due_usec(&queue), UINT64_MAX);
    assert_null(queue_pop_due(&queue, UINT64_MAX));
    expect(&queue, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(one_is_taken_wherever_it_stands),
        cmocka_unit_test(what_is_due_first_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
