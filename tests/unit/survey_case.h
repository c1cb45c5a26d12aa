/* SPDX-License-Identifier: MIT */
/* A survey against a service that the test plays. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/survey/survey.h"

#define SENT_MAX 16

/* A service of one page a list. */
typedef struct Service {
    Config config;
    Instance instances[2];
    Throttle throttles[2];
    Survey *survey;
    uint64_t now_usec, wake_usec;
    Request sent[SENT_MAX]; /* in flight, the first first */
    size_t sent_count, asked_count;
    const char *refused_id;  /* a channel whose members are not told; NULL: none */
    size_t refused_instance; /* whose list is not told */
    size_t failed_count;     /* instances that were told to fail */
    void (*play)(struct Service *service, const Request *request, Answer *answer); /* after that */
    size_t renew_count;
    Buf told; /* requests and events, in words */
} Service;

/* 0 or -ENOMEM. */
int service_open(Service *service, const SurveyScope *like);
void service_close(Service *service);

/* Answers the first that is in flight, or all there is, to the end. */
void service_answer(Service *service);
void service_answer_all(Service *service);

const SurveyChannel *service_find(const Service *service, size_t instance, size_t number);
size_t service_count(const Service *service, size_t instance);
