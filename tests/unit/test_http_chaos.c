/* SPDX-License-Identifier: MIT */
/*
 * Many requests at once against a server that answers, breaks off, resets, stalls and drips at
 * random, while some are cancelled at random. Whatever happens: each request has one end; the
 * server sees each at most once; what is said to be unsent it never saw; what is said to be
 * answered it answered. A failing seed prints itself; CHAOS_SEED=N runs that alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/http/client.h"
#include "tests/unit/peer.h"

#define SEEDS 40
#define REQUESTS 60
#define SIDE_BY_SIDE 8

typedef enum Deed {
    DEED_ANSWER,
    DEED_ANSWER_AND_CLOSE,
    DEED_ANSWER_IN_CHUNKS,
    DEED_ANSWER_AFTER_INTERIM,
    DEED_DRIP,
    DEED_LAST_WHOLE = DEED_DRIP, /* up to here the answer is whole */
    DEED_CLOSE,
    DEED_RESET,
    DEED_HALF_AND_CLOSE,
    DEED_HALF_AND_RESET,
    DEED_HALF_HEAD,
    DEED_GARBAGE,
    DEED_TOO_BIG,
    DEED_STALL,
    DEED_COUNT,
} Deed;

typedef struct Chaos Chaos;

typedef struct Order {
    Chaos *chaos;
    HttpTransfer *transfer; /* NULL: not begun, or ended */
    Deed deed;
    size_t seen; /* by the server */
    size_t ended;
    bool cancelled;
} Order;

struct Chaos {
    uint64_t seed;
    uint64_t random;
    sd_event *event;
    Peer *peer;
    Http *http;
    Order orders[REQUESTS];
    size_t begun;
    size_t under_way;
};

/* xorshift64* */
static uint64_t chaos_random(Chaos *chaos)
{
    chaos->random ^= chaos->random >> 12;
    chaos->random ^= chaos->random << 25;
    chaos->random ^= chaos->random >> 27;
    return chaos->random * UINT64_C(0x2545f4914f6cdd1d);
}

static void chaos_check(const Chaos *chaos, bool holds, const char *what, const Order *order)
{
    if (!holds)
        fail_msg("CHAOS_SEED=%llu: %s (order %zu, deed %d)", (unsigned long long)chaos->seed, what,
                 (size_t)(order - chaos->orders), (int)order->deed);
}

static void chaos_do(PeerConnection *connection, Deed deed)
{
    switch (deed) {
    case DEED_ANSWER:
        peer_answer(connection, 200, "", "fine");
        break;
    case DEED_ANSWER_AND_CLOSE:
        peer_answer(connection, 200, "", "fine");
        peer_close(connection);
        break;
    case DEED_ANSWER_IN_CHUNKS:
        peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n");
        break;
    case DEED_ANSWER_AFTER_INTERIM:
        peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n");
        peer_answer(connection, 200, "", "fine");
        break;
    case DEED_DRIP:
        peer_drip(connection);
        peer_answer(connection, 200, "", "fine");
        break;
    case DEED_CLOSE:
        peer_close(connection);
        break;
    case DEED_RESET:
        peer_reset(connection);
        break;
    case DEED_HALF_AND_CLOSE:
    case DEED_HALF_AND_RESET:
        peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfine");
        if (deed == DEED_HALF_AND_CLOSE)
            peer_close(connection);
        else
            peer_reset(connection);
        break;
    case DEED_HALF_HEAD:
        peer_puts(connection, "HTTP/1.1 204 No Content\r\nDat");
        peer_close(connection);
        break;
    case DEED_GARBAGE:
        peer_puts(connection, "fine\r\n");
        peer_close(connection);
        break;
    case DEED_TOO_BIG:
        peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\nfine");
        break;
    case DEED_STALL:
    case DEED_COUNT:
        break;
    }
}

static void chaos_serve(PeerConnection *connection, const char *request, void *userdata)
{
    Chaos *chaos = userdata;
    size_t number = REQUESTS;

    assert_int_equal(sscanf(request, "DELETE /%zu ", &number), 1);
    assert_true(number < chaos->begun);
    chaos->orders[number].seen++;
    chaos_do(connection, chaos->orders[number].deed);
}

static void chaos_begin(Chaos *chaos);

/* Ends another one, too, now and then. */
static void chaos_cancel_some(Chaos *chaos)
{
    for (size_t i = 0; i < chaos->begun; i++) {
        Order *order = &chaos->orders[i];

        if (!order->transfer || chaos_random(chaos) % 24 != 0)
            continue;
        http_cancel(TAKE_PTR(order->transfer));
        order->cancelled = true;
        chaos->under_way--;
    }
}

static void chaos_on_answer(void *userdata, const HttpAnswer *answer)
{
    Order *order = userdata;
    Chaos *chaos = order->chaos;

    order->transfer = NULL;
    chaos->under_way--;
    chaos_check(chaos, !order->cancelled, "a cancelled request ended", order);
    chaos_check(chaos, order->ended++ == 0, "a request ended twice", order);
    chaos_check(chaos, answer->result != HTTP_NOT_SENT || order->seen == 0,
                "what was said to be unsent was sent", order);
    chaos_check(chaos, answer->result != HTTP_ANSWERED || order->deed <= DEED_LAST_WHOLE,
                "half an answer was taken for a whole one", order);
    chaos_check(chaos, answer->result != HTTP_ANSWERED || strcmp(answer->body, "fine") == 0,
                "an answer came out changed", order);
    chaos_check(chaos, answer->result != HTTP_TOO_BIG || order->deed == DEED_TOO_BIG,
                "an answer was taken for too big", order);
    chaos_check(chaos, (answer->result == HTTP_ANSWERED) == (answer->message[0] == '\0'),
                "a failure without a message", order);
    chaos_cancel_some(chaos);
    chaos_begin(chaos);
}

static void chaos_begin(Chaos *chaos)
{
    while (chaos->begun < REQUESTS && chaos->under_way < SIDE_BY_SIDE) {
        Order *order = &chaos->orders[chaos->begun];
        char url[64];
        HttpRequest request = {
            .method = "DELETE",
            .url = url,
            .connect_timeout_usec = 20 * USEC_PER_SEC,
            .timeout_usec = order->deed == DEED_STALL ? 20 * USEC_PER_MSEC : 20 * USEC_PER_SEC,
            .body_size_max = 100,
            .plain_allowed = true,
        };

        snprintf(url, sizeof(url), "http://127.0.0.1:%u/%zu", peer_port(chaos->peer), chaos->begun);
        chaos->begun++;
        chaos->under_way++;
        assert_int_equal(
            http_submit(chaos->http, &request, chaos_on_answer, order, &order->transfer), 0);
    }
}

static void chaos_check_ends(const Chaos *chaos)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        const Order *order = &chaos->orders[i];

        chaos_check(chaos, order->seen <= 1, "one submit was sent more than once", order);
        chaos_check(chaos, order->ended + order->cancelled == 1, "a request has no end", order);
    }
}

static void chaos_run(uint64_t seed)
{
    Chaos *chaos = test_calloc(1, sizeof(*chaos));

    chaos->seed = seed;
    chaos->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    assert_true(sd_event_new(&chaos->event) >= 0);
    chaos->peer = peer_new(chaos->event, chaos_serve, chaos);
    assert_int_equal(http_new(chaos->event, &chaos->http), 0);
    for (size_t i = 0; i < REQUESTS; i++) {
        uint64_t random = chaos_random(chaos);

        chaos->orders[i].chaos = chaos;
        chaos->orders[i].deed = random % 2 ? DEED_ANSWER : (Deed)(random / 2 % DEED_COUNT);
    }
    alarm(60);
    chaos_begin(chaos);
    while (chaos->begun < REQUESTS || chaos->under_way > 0) {
        assert_true(sd_event_run(chaos->event, UINT64_MAX) >= 0);
        if (chaos_random(chaos) % 8 == 0)
            chaos_cancel_some(chaos);
        chaos_begin(chaos);
    }
    alarm(0);
    while (sd_event_run(chaos->event, 0) > 0)
        ;
    chaos_check_ends(chaos);
    http_free(chaos->http);
    peer_free(chaos->peer);
    sd_event_unref(chaos->event);
    test_free(chaos);
}

static void test_chaos(void **state)
{
    const char *only = getenv("CHAOS_SEED");

    (void)state;
    if (only) {
        chaos_run(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        chaos_run(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chaos)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
