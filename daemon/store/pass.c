/* Passes in the state: their names, and their rows, which only passes that delete have. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/store/reading.h"
#include "daemon/store/state.h"
#include "daemon/store/tables.h"
#include "daemon/store/transaction.h"

/* The highest N that the database knows of passes begun in a second; 0 for none. */
static int pass_last_recorded(Store *store, const char *second, uint64_t *ret_number, Err *err)
{
    int r = reading_refresh(store, err);

    if (r < 0)
        return r;
    *ret_number = 0;
    if (!store->db)
        return 0;
    {
        _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PASS_LAST);

        sql_text(&query, second);
        r = sql_step(&query, err);
        if (r > 0)
            *ret_number = sql_column_number(&query, 0);
    }
    return r < 0 ? r : 0;
}

int store_begin_pass(Store *store, uint64_t realtime_usec, char ret_id[static STORE_PASS_ID_SIZE],
                     Err *err)
{
    char second[CLOCK_RFC3339_SIZE];
    size_t length;
    uint64_t number, own = 0;
    int r;

    clock_format_rfc3339(realtime_usec, second);
    length = strlen(second);
    r = pass_last_recorded(store, second, &number, err);
    if (r < 0)
        return r;
    if (str_has_prefix(store->pass.id, second) && store->pass.id[length] == '-' &&
        str_parse_uint(store->pass.id + length + 1, UINT32_MAX, &own) == 0 && own > number)
        number = own;
    if (number >= UINT32_MAX)
        return tables_damaged(store, "a pass has an impossible number", err);
    snprintf(store->pass.id, sizeof(store->pass.id), "%s-%" PRIu64, second, number + 1);
    store->pass.started_usec = realtime_usec;
    store->pass.is_recorded = false;
    memcpy(ret_id, store->pass.id, sizeof(store->pass.id));
    return 0;
}

static int pass_write_end(Store *store, const char *result, uint64_t realtime_usec, Err *err)
{
    _cleanup_(sql_done) Query query = sql_begin(store, QUERY_PASS_END);

    sql_text(&query, result);
    sql_number(&query, realtime_usec);
    sql_text(&query, store->pass.id);
    return sql_step(&query, err);
}

int store_end_pass(Store *store, const char *result, uint64_t realtime_usec, Err *err)
{
    int r;

    if (store->pass.is_recorded) {
        r = transaction_begin(store, err);
        if (r == 0)
            r = transaction_result(store, pass_write_end(store, result, realtime_usec, err));
        if (r < 0)
            return r;
    }
    return store_flush(store, err);
}
