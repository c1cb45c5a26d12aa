/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/fleet_pieces.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/base64.h"
#include "daemon/base/mem.h"
#include "daemon/json/json_writer.h"

static void pieces_write(const Change *change, Buf *text)
{
    _cleanup_(buf_done) Buf identity = {0};
    JsonWriter writer = {.buf = text, .is_compact = true};

    base64_encode(&identity, change->identity, change->identity_size);
    buf_fail_with(text, &identity);
    json_open_object(&writer, NULL);
    json_put_string(&writer, "kind", change_kind_text(change->kind));
    json_put_string(&writer, "member_id", change->member_id);
    json_put_string(&writer, "identity", buf_text(&identity));
    json_put_text(&writer, "before", change->before);
    json_put_text(&writer, "after", change->after);
    json_close_object(&writer);
}

static Buf *pieces_add(FleetPieces *pieces)
{
    if (mem_grow(&pieces->items, &pieces->capacity, pieces->count + 1, sizeof(*pieces->items)) < 0)
        return NULL;
    pieces->items[pieces->count] = (Buf){0};
    return &pieces->items[pieces->count++];
}

static int pieces_fill(FleetPieces *pieces, const Batch *batch, Err *err)
{
    _cleanup_(buf_done) Buf text = {0};
    Buf *piece = pieces_add(pieces);
    size_t in_piece = 0;

    for (size_t i = 0; piece && i < batch->change_count; i++) {
        buf_reset(&text);
        pieces_write(&batch->changes[i], &text);
        if (text.size > FLEET_PIECES_SIZE_MAX)
            return err_set(err, -E2BIG,
                           "member %s has %zu bytes, more than what etcd takes of a change",
                           batch->changes[i].member_id, text.size);
        if (in_piece == FLEET_PIECES_CHANGES_MAX ||
            (in_piece > 0 && piece->size + text.size >= FLEET_PIECES_SIZE_MAX)) {
            piece = pieces_add(pieces);
            in_piece = 0;
            if (!piece)
                break;
        }
        if (in_piece++ > 0)
            buf_putc(piece, ',');
        buf_append(piece, buf_text(&text), text.size);
        if (buf_failed(&text) < 0 || buf_failed(piece) < 0)
            return err_memory(err);
    }
    return piece ? 0 : err_memory(err);
}

int fleet_pieces_init(FleetPieces *pieces, const Batch *batch, Err *err)
{
    int r;

    *pieces = (FleetPieces){0};
    r = pieces_fill(pieces, batch, err);
    if (r < 0)
        fleet_pieces_done(pieces);
    return r;
}

void fleet_pieces_done(FleetPieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        buf_done(&pieces->items[i]);
    free(pieces->items);
    *pieces = (FleetPieces){0};
}
