/* SPDX-License-Identifier: MIT */
#include "daemon/control/notify_state.h"

#include "daemon/control/reply.h"

void notify_state_put(JsonWriter *writer, const char *key, const Notices *notices)
{
    json_open_array(writer, key);
    for (size_t i = 0; notices && i < notices_count(notices); i++) {
        const NoticesState state = notices_get_state(notices, i);

        json_open_object(writer, NULL);
        json_put_text(writer, "format", notifier_format_text(state.format));
        json_put_number(writer, "waiting", state.waiting);
        reply_put_time(writer, "last_taken", state.taken_usec);
        reply_put_time(writer, "last_failed", state.failed_usec);
        json_put_text(writer, "error", state.error);
        json_close_object(writer);
    }
    json_close_array(writer);
}
