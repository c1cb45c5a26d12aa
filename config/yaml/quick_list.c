/* SPDX-License-Identifier: MIT */
#include "config/yaml/quick_list.h"

#include <string.h>

#include "daemon/base/mem.h"

#define LINES_MIN 8U /* a shorter list costs as much to find as it saves */

void quick_list_done(QuickLists *lists)
{
    free(lists->items);
    *lists = (QuickLists){0};
}

/* ---- lines ---- */

/* What a byte can be in a word. */
typedef enum ByteKind {
    BYTE_OTHER,
    BYTE_LETTER, /* or a digit */
    BYTE_INNER,  /* not the first one */
    BYTE_COLON,
} ByteKind;

static const uint8_t byte_kinds[UINT8_MAX + 1] = {
    ['0' ... '9'] = BYTE_LETTER, ['A' ... 'Z'] = BYTE_LETTER, ['a' ... 'z'] = BYTE_LETTER,
    ['.'] = BYTE_INNER,          ['_'] = BYTE_INNER,          ['-'] = BYTE_INNER,
    [':'] = BYTE_COLON,
};

static ByteKind kind_of(char byte)
{
    return (ByteKind)byte_kinds[(unsigned char)byte];
}

/* Where the word ends that begins here; NULL where no word is all that is left of the line. */
static const char *end_of_word(const char *word, const char *end)
{
    ByteKind kind = BYTE_COLON; /* behind which a letter must follow, as at the beginning */
    const char *at = word;

    for (; at < end; at++) {
        ByteKind next = kind_of(*at);

        if (next == BYTE_OTHER || (kind == BYTE_COLON && next != BYTE_LETTER))
            break;
        kind = next;
    }
    return at < end && *at == '\n' && kind != BYTE_COLON ? at : NULL;
}

/* What a line says. */
typedef struct Line {
    uint32_t indentation;
    const char *word, *word_end; /* NULL: it is no item by itself */
} Line;

static Line read_line(const char *at, const char *end)
{
    const char *dash = at;
    Line line = {0};

    while (dash < end && *dash == ' ')
        dash++;
    if (end - dash < 3 || dash[0] != '-' || dash[1] != ' ')
        return line;
    line.indentation = (uint32_t)(dash - at);
    line.word = dash + 2;
    line.word_end = end_of_word(line.word, end);
    return line;
}

static bool has_bytes(const char *text, size_t size, const char *bytes)
{
    size_t length = strlen(bytes);
    const char *end = text + size;

    for (; (text = memchr(text, bytes[0], (size_t)(end - text))); text++) {
        if ((size_t)(end - text) >= length && memcmp(text, bytes, length) == 0)
            return true;
    }
    return false;
}

/* Whether libyaml ends a line where there is no line feed: at NEL, LS and PS too. */
static bool has_other_line_ends(const char *text, size_t size)
{
    return has_bytes(text, size, "\r") || has_bytes(text, size, "\xc2\x85") ||
           has_bytes(text, size, "\xe2\x80\xa8") || has_bytes(text, size, "\xe2\x80\xa9");
}

/* ---- lists ---- */

/* A list as far as it has been seen. */
typedef struct Seen {
    QuickList list;
    uint32_t indentation;
    uint32_t count;            /* lines; 0: there is none */
    const char *second, *last; /* where these begin */
} Seen;

/* Ends the list before, and keeps it where it is long. 0 or -ENOMEM. */
static int end_list(QuickLists *lists, Seen *seen)
{
    uint32_t count = seen->count;

    seen->count = 0;
    if (count < LINES_MIN)
        return 0;
    if (mem_grow(&lists->items, &lists->capacity, lists->count + 1, sizeof(*lists->items)) < 0)
        return -ENOMEM;
    seen->list.lines = seen->second;
    seen->list.lines_size = (size_t)(seen->last - seen->second);
    seen->list.line_count = count - 2;
    lists->items[lists->count++] = seen->list;
    return 0;
}

static void take_line(Seen *seen, const Line *line, const char *at, uint32_t number)
{
    if (seen->count == 0) {
        seen->indentation = line->indentation;
        seen->list = (QuickList){.line = number,
                                 .column = line->indentation + 3,
                                 .word = line->word,
                                 .word_size = (size_t)(line->word_end - line->word)};
    } else if (seen->count == 1) {
        seen->second = at;
    }
    seen->last = at;
    seen->count++;
}

int quick_list_find(QuickLists *lists, const char *text, size_t size)
{
    const char *end = text + size, *next;
    Seen seen = {0};
    uint32_t number = 1;

    if (has_other_line_ends(text, size))
        return 0;
    for (const char *at = text; at < end; at = next, number++) {
        Line line = read_line(at, end);

        if ((!line.word_end || line.indentation != seen.indentation) && end_list(lists, &seen) < 0)
            return -ENOMEM;
        if (line.word_end) {
            take_line(&seen, &line, at, number);
            next = line.word_end + 1;
        } else {
            next = memchr(at, '\n', (size_t)(end - at));
            next = next ? next + 1 : end;
        }
    }
    return end_list(lists, &seen);
}

const char *quick_list_next(const QuickList *list, const char **at, size_t *ret_size)
{
    const char *word = *at + list->column - 1;
    const char *end = memchr(word, '\n', (size_t)(list->lines + list->lines_size - word));

    *ret_size = (size_t)(end - word);
    *at = end + 1;
    return word;
}

/* ---- the text for libyaml ---- */

void quick_list_begin_text(QuickText *text, const QuickLists *lists, const char *at, size_t size)
{
    *text =
        (QuickText){.at = at, .end = at + size, .list = lists->items, .list_count = lists->count};
}

size_t quick_list_read_text(QuickText *text, void *ret_bytes, size_t size)
{
    bool has_list = text->list_count > 0;
    size_t left = (size_t)((has_list ? text->list->lines : text->end) - text->at);

    if (text->empty_lines > 0) {
        if (size > text->empty_lines)
            size = text->empty_lines;
        memset(ret_bytes, '\n', size);
        text->empty_lines -= (uint32_t)size;
        return size;
    }
    if (size > left)
        size = left;
    memcpy(ret_bytes, text->at, size);
    text->at += size;
    if (has_list && size == left) {
        text->at += text->list->lines_size;
        text->empty_lines = text->list->line_count;
        text->list++;
        text->list_count--;
    }
    return size;
}
