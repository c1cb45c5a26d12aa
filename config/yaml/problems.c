/* SPDX-License-Identifier: MIT */
#include "config/yaml/problems.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

#define TEXT_SIZE_MAX 1024U

void problems_done(Problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->items[i].text);
    for (size_t i = 0; i < problems->file_count; i++)
        free(problems->files[i]);
    free(problems->items);
    free(problems->files);
    *problems = (Problems){0};
}

int problems_memory(Problems *problems)
{
    problems->out_of_memory = true;
    return -ENOMEM;
}

void problems_add_file(Problems *problems, const char *file)
{
    char *copy;

    if (mem_grow(&problems->files, &problems->file_capacity, problems->file_count + 1,
                 sizeof(*problems->files)) < 0) {
        problems_memory(problems);
        return;
    }
    copy = strdup(file);
    if (!copy) {
        problems_memory(problems);
        return;
    }
    problems->files[problems->file_count++] = copy;
}

/* The index of the file, which is most often the newest; SIZE_MAX when out of memory. */
static size_t problems_file(Problems *problems, const char *file)
{
    size_t count = problems->file_count;

    for (size_t i = count; i-- > 0;) {
        if (str_equal(problems->files[i], file))
            return i;
    }
    problems_add_file(problems, file);
    return problems->file_count > count ? count : SIZE_MAX;
}

/* The code point of a sequence of that many bytes. */
static uint32_t decode(const char *text, size_t length)
{
    uint32_t point = (unsigned char)text[0] & (length == 1 ? 0x7fU : 0xffU >> (length + 1));

    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3fU);
    return point;
}

/* Quotes, dashes and full-width forms that look like ASCII, and letters of Greek and Cyrillic. */
static bool is_look_alike(uint32_t point)
{
    return (point >= 0x2010 && point <= 0x2015) || (point >= 0x2018 && point <= 0x201f) ||
           point == 0x2024 || point == 0x2044 || point == 0x2212 || point == 0x2236 ||
           (point >= 0xff01 && point <= 0xff5e) || (point >= 0x0370 && point <= 0x052f);
}

static bool is_ascii_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A word ends at a space, or at an ASCII character that is no part of words. */
static size_t word_size(const char *text, bool *ret_has_ascii)
{
    size_t size = 0;

    *ret_has_ascii = false;
    while (text[size] && (is_ascii_word(text[size]) || (unsigned char)text[size] >= 0x80))
        *ret_has_ascii |= is_ascii_word(text[size++]);
    return size;
}

/* Appends one character of a word; a look-alike among letters of ASCII shows as <U+043E>. */
static void append_character(Buf *buf, const char *text, size_t length, bool has_ascii)
{
    char one[8] = "";
    uint32_t point = decode(text, length);

    if (length > 1 && has_ascii && is_look_alike(point)) {
        buf_printf(buf, "<U+%04" PRIX32 ">", point);
        return;
    }
    memcpy(one, text, length);
    utf8_append_shown(buf, one);
}

/* Appends what a file says so that a person sees each character of it for what it is. */
static void append_shown(Buf *buf, const char *text)
{
    while (*text) {
        bool has_ascii;
        size_t size = word_size(text, &has_ascii);

        if (size == 0) {
            append_character(buf, text++, 1, false);
            continue;
        }
        for (size_t left = size; left > 0;) {
            size_t length = utf8_sequence(text, left);

            length = length ? length : 1;
            append_character(buf, text, length, has_ascii);
            text += length;
            left -= length;
        }
    }
}

static char *problem_text(const char *path, const char *text, size_t *ret_key_size)
{
    _cleanup_(buf_done) Buf buf = {0};

    append_shown(&buf, path);
    *ret_key_size = buf.size;
    if (path[0])
        buf_puts(&buf, ": ");
    append_shown(&buf, text);
    return buf_take(&buf);
}

void problems_add(Problems *problems, const char *file, size_t line, size_t column,
                  const char *path, const char *format, ...)
{
    char text[TEXT_SIZE_MAX];
    Problem problem = {.line = line, .column = column};
    va_list arguments;

    if (problems_full(problems)) {
        problems->dropped++;
        return;
    }
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) >= (int)sizeof(text))
        memcpy(text + sizeof(text) - 4, "...", 4);
    va_end(arguments);
    problem.file_order = problems_file(problems, file);
    if (problem.file_order == SIZE_MAX ||
        mem_grow(&problems->items, &problems->capacity, problems->count + 1,
                 sizeof(*problems->items)) < 0) {
        problems_memory(problems);
        return;
    }
    problem.file = problems->files[problem.file_order];
    problem.text = problem_text(path, text, &problem.key_size);
    if (!problem.text) {
        problems_memory(problems);
        return;
    }
    problems->items[problems->count++] = problem;
}

void problems_show_less(Problems *problems, ProblemShows shows)
{
    Problem *last = problems->count > 0 ? &problems->items[problems->count - 1] : NULL;

    if (last && last->shows < shows)
        last->shows = shows;
}

bool problems_any(const Problems *problems)
{
    return problems->count > 0 || problems->out_of_memory;
}

bool problems_full(const Problems *problems)
{
    return problems->count >= PROBLEMS_KEPT_MAX;
}

static int compare_size(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Orders by place; problems of one place stay in the order in which they were found. */
static int compare_problems(const void *left, const void *right)
{
    const Problem *a = *(const Problem *const *)left, *b = *(const Problem *const *)right;
    int order = compare_size(a->file_order, b->file_order);

    if (order == 0)
        order = compare_size(a->line, b->line);
    if (order == 0)
        order = compare_size(a->column, b->column);
    return order ? order : (a > b) - (a < b);
}

void problems_print_one(const Problem *problem, Buf *buf)
{
    utf8_append_shown(buf, problem->file);
    if (problem->line > 0)
        buf_printf(buf, ":%zu:%zu", problem->line, problem->column);
    buf_printf(buf, ": %s\n", problem->text);
}

static bool is_same_problem(const Problem *a, const Problem *b)
{
    return str_equal(a->file, b->file) && a->line == b->line && a->column == b->column &&
           str_equal(a->text, b->text);
}

int problems_sort(const Problems *problems, const Problem ***ret_sorted, size_t *ret_count)
{
    size_t count = 0;
    const Problem **sorted = malloc((problems->count + 1) * sizeof(*sorted));

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < problems->count; i++)
        sorted[i] = &problems->items[i];
    qsort(sorted, problems->count, sizeof(*sorted), compare_problems);
    for (size_t i = 0; i < problems->count; i++) {
        if (i == 0 || !is_same_problem(sorted[i - 1], sorted[i]))
            sorted[count++] = sorted[i];
    }
    *ret_sorted = sorted;
    *ret_count = count;
    return 0;
}

void problems_print_rest(const Problems *problems, Buf *buf)
{
    if (problems->dropped > 0)
        buf_printf(buf, "%zu more problems are not shown\n", problems->dropped);
    if (problems->out_of_memory)
        buf_puts(buf, "out of memory\n");
}

void problems_print(const Problems *problems, Buf *buf)
{
    _cleanup_free_ const Problem **sorted = NULL;
    size_t count = problems->count;

    if (problems->count > 0)
        problems_sort(problems, &sorted, &count);
    for (size_t i = 0; i < count; i++)
        problems_print_one(sorted ? sorted[i] : &problems->items[i], buf);
    problems_print_rest(problems, buf);
}
