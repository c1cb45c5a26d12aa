/* SPDX-License-Identifier: MIT */
#include "daemon/report/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/json/json_items.h"
#include "daemon/json/json_parser.h"

/* Where a channel stands in the file. */
typedef struct KeptChannel {
    uint64_t at;
    size_t size;
} KeptChannel;

struct Kept {
    int fd;
    bool is_in_memory;
    uint64_t size; /* of the file, which holds the channels, one behind the other */
    JsonParser parser;
    JsonItems items;
    Buf outline; /* as far as it is made */
    bool has_fields;
    JsonWriter list; /* of the channels in it */
    Buf list_text;
    bool is_listed; /* that one is at its end */
    KeptChannel *channels;
    size_t count, capacity;
    Json *root;
    Json *channel; /* the one that was asked for last */
    Buf text;      /* of it */
    Err why;
};

/* ---- the file ---- */

/* With O_TMPFILE, which not every file system has, no name is ever seen. */
static int kept_open(void)
{
    const char *directory = getenv("TMPDIR");

    return open(directory && directory[0] == '/' ? directory : "/tmp",
                O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int kept_open_in_memory(void)
{
    return memfd_create("rosterctl", MFD_CLOEXEC);
}

/* Where the disk is full, all that is kept moves to memory: the answer may tell of what was done.
 * False: it cannot. */
static bool kept_move_to_memory(Kept *kept)
{
    int fd = kept->is_in_memory ? -1 : kept_open_in_memory();
    off_t from = 0;
    ssize_t sent = 1;

    if (fd < 0)
        return false;
    while ((uint64_t)from < kept->size && sent > 0)
        sent = sendfile(fd, kept->fd, &from, (size_t)(kept->size - (uint64_t)from));
    if (sent <= 0) {
        close(fd);
        return false;
    }
    close(kept->fd);
    kept->fd = fd;
    kept->is_in_memory = true;
    return true;
}

static int kept_write(Kept *kept, const char *text, size_t size, Err *err)
{
    while (size > 0) {
        ssize_t put = pwrite(kept->fd, text, size, (off_t)kept->size);
        int error = put < 0 ? errno : EIO;

        if (put < 0 && error == EINTR)
            continue;
        if (put <= 0 && kept_move_to_memory(kept))
            continue;
        if (put <= 0)
            return err_system(err, -error,
                              "the answer can be kept neither in $TMPDIR nor in memory");
        kept->size += (uint64_t)put;
        text += put;
        size -= (size_t)put;
    }
    return 0;
}

static int kept_read(Kept *kept, const KeptChannel *channel, Err *err)
{
    size_t done = 0;

    buf_reset(&kept->text);
    while (done < channel->size) {
        char bytes[16384];
        size_t left = channel->size - done;
        ssize_t got = pread(kept->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes),
                            (off_t)(channel->at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_system(err, got < 0 ? -errno : -EIO,
                              "the answer that was kept cannot be read");
        buf_append(&kept->text, bytes, (size_t)got);
        done += (size_t)got;
    }
    return buf_failed(&kept->text) < 0 ? err_memory(err) : 0;
}

/* ---- as it comes ---- */

static int kept_add_field(Kept *kept, const char *name, size_t name_size, const char *text,
                          size_t size)
{
    buf_putc(&kept->outline, kept->has_fields ? ',' : '{');
    kept->has_fields = true;
    buf_append(&kept->outline, name, name_size);
    buf_putc(&kept->outline, ':');
    buf_append(&kept->outline, text, size);
    return buf_failed(&kept->outline);
}

static int kept_on_field(void *userdata, const char *name, size_t name_size, const char *text,
                         size_t size, Err *err)
{
    return kept_add_field(userdata, name, name_size, text, size) < 0 ? err_memory(err) : 0;
}

/* An object has one value of a name. */
static int kept_check_list(const Kept *kept, Err *err)
{
    return kept->is_listed ? err_set(err, -EPROTO, "two lists of channels") : 0;
}

static int kept_on_channel(void *userdata, const char *text, size_t size, Err *err)
{
    Kept *kept = userdata;
    _cleanup_(json_freep) Json *channel = NULL;
    int r = kept_check_list(kept, err);

    if (r == 0)
        r = json_parse(&kept->parser, text, size, &channel, err);
    if (r == 0 &&
        mem_grow(&kept->channels, &kept->capacity, kept->count + 1, sizeof(*kept->channels)) < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    kept->channels[kept->count++] = (KeptChannel){kept->size, size};
    report_source_put_outline(&kept->list, channel);
    return buf_failed(&kept->list_text) < 0 ? err_memory(err) : kept_write(kept, text, size, err);
}

static int kept_on_list(void *userdata, Err *err)
{
    static const char name[] = "\"channels\"";
    Kept *kept = userdata;
    int r = kept_check_list(kept, err);

    if (r < 0)
        return r;
    kept->is_listed = true;
    json_close_array(&kept->list);
    if (buf_failed(&kept->list_text) < 0 ||
        kept_add_field(kept, name, sizeof(name) - 1, kept->list_text.data, kept->list_text.size) <
            0)
        return err_memory(err);
    buf_done(&kept->list_text);
    return 0;
}

int kept_take(Kept *kept, const char *bytes, size_t size, Err *err)
{
    return json_items_take(&kept->items, bytes, size, err);
}

int kept_end(Kept *kept, Err *err)
{
    int r = json_items_end(&kept->items, err);

    if (r < 0)
        return r;
    buf_puts(&kept->outline, kept->has_fields ? "}" : "{}");
    if (buf_failed(&kept->outline) < 0)
        return err_memory(err);
    r = json_parse(&kept->parser, kept->outline.data, kept->outline.size, &kept->root, err);
    buf_done(&kept->outline);
    return r;
}

int kept_take_parts(Kept *kept, int (*next)(void *userdata, Buf *part), void *userdata, Err *err)
{
    _cleanup_(buf_done) Buf part = {0};
    int more = 1, r = 0;

    while (more > 0 && r == 0) {
        buf_reset(&part);
        more = next(userdata, &part);
        if (more < 0 || buf_failed(&part) < 0)
            return err_memory(err);
        r = kept_take(kept, part.data, part.size, err);
    }
    return r < 0 ? r : kept_end(kept, err);
}

/* ---- the whole ---- */

int kept_new(Kept **ret_kept, Err *err)
{
    static const JsonItemsOps ops = {kept_on_field, kept_on_channel, kept_on_list};
    _cleanup_(kept_freep) Kept *kept = calloc(1, sizeof(*kept));

    if (!kept)
        return err_memory(err);
    kept->items = (JsonItems){.list = "channels", .ops = &ops, .userdata = kept};
    kept->list = (JsonWriter){.buf = &kept->list_text, .is_compact = true};
    kept->fd = kept_open();
    kept->is_in_memory = kept->fd < 0;
    if (kept->is_in_memory)
        kept->fd = kept_open_in_memory();
    if (kept->fd < 0)
        return err_system(err, -errno, "the answer can be kept neither in $TMPDIR nor in memory");
    if (json_parser_init(&kept->parser) < 0)
        return err_memory(err);
    json_open_array(&kept->list, NULL);
    *ret_kept = TAKE_PTR(kept);
    return 0;
}

void kept_free(Kept *kept)
{
    if (!kept)
        return;
    file_closep(&kept->fd);
    json_parser_done(&kept->parser);
    json_items_done(&kept->items);
    buf_done(&kept->outline);
    buf_done(&kept->list_text);
    buf_done(&kept->text);
    free(kept->channels);
    json_free(kept->root);
    json_free(kept->channel);
    free(kept);
}

const Json *kept_root(const Kept *kept)
{
    return kept->root;
}

ReportSource kept_source(Kept *kept)
{
    return (ReportSource){.root = kept->root, .channel = kept_channel, .userdata = kept};
}

const Json *kept_channel(void *userdata, size_t number)
{
    Kept *kept = userdata;

    json_free(TAKE_PTR(kept->channel));
    if (number >= kept->count || kept_read(kept, &kept->channels[number], &kept->why) < 0 ||
        json_parse(&kept->parser, buf_text(&kept->text), kept->text.size, &kept->channel,
                   &kept->why) < 0)
        return NULL;
    return kept->channel;
}

const Err *kept_why(const Kept *kept)
{
    return &kept->why;
}
