/* SPDX-License-Identifier: MIT */
/* Whole answers of the control socket, as tests/unit/answers/ has them: a field that is left out,
 * or is another one's, is seen whichever it is. */
#pragma once

#include "tests/unit/control_case.h"

/* Asks (`body` NULL: GET), and compares status and body with the file of that name. What differs
 * from run to run stands there as TIME, PASS-1, DIGEST, PORT, FOLDER and the like. With
 * ANSWERS=write in the environment the file is written instead: then look at each line of what has
 * changed. */
void control_answer_expect(ControlCase *control_case, const char *path, const char *body,
                           const char *name);

/* The same of the answer that is there. */
void control_answer_compare(const ControlCase *control_case, const char *name);

/* The text behind a key of the last answer, such as "\"digest\": \"". */
void control_answer_find(const ControlCase *control_case, const char *key, char *ret_text,
                         size_t size);
