/* SPDX-License-Identifier: MIT */
/* GET /: the status page (daemon/web/page.h). `have=VERSION` is asked by the page itself, which is
 * answered with a word where it would be the same again. */
#pragma once

#include "daemon/control/control_internal.h"

void handle_page(Control *control, ServerRequest *request);
