/* SPDX-License-Identifier: MIT */
#include "daemon/report/validation.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/excerpt.h"

int validation_parse_format(const char *word, ValidationFormat *ret_format)
{
    static const char *const words[] = {
#define VALIDATION_WORD(constant, word) [VALIDATION_##constant] = #word,
        VALIDATION_FORMAT_ROWS(VALIDATION_WORD)
#undef VALIDATION_WORD
    };

    for (size_t i = 0; i < ELEMENTS(words); i++) {
        if (str_equal(words[i], word)) {
            *ret_format = (ValidationFormat)i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *validation_path(const char *file)
{
    char here[PATH_MAX];
    size_t size;

    while (str_has_prefix(file, "./"))
        file += 2 + strspn(file + 2, "/");
    if (file[0] != '/' || !getcwd(here, sizeof(here)))
        return file;
    size = strlen(here);
    return str_has_prefix(file, here) && file[size] == '/' ? file + size + strspn(file + size, "/")
                                                           : file;
}

/* ---- the list ---- */

void validation_list_done(ValidationList *list)
{
    free(list->errors);
    free(list->warnings);
    *list = (ValidationList){0};
}

int validation_list(const Validation *validation, ValidationList *ret_list)
{
    _cleanup_(validation_list_done) ValidationList list = {0};
    int r = problems_sort(validation->problems, &list.errors, &list.error_count);

    if (r == 0 && validation->config)
        r = problems_sort(&validation->config->warnings, &list.warnings, &list.warning_count);
    if (r < 0)
        return r;
    list.total = list.error_count + validation->problems->dropped;
    for (size_t i = 0; i < list.error_count; i++)
        list.bad_file_count +=
            i == 0 || list.errors[i]->file_order != list.errors[i - 1]->file_order;
    *ret_list = list;
    list = (ValidationList){0};
    return 0;
}

/* ---- totals ---- */

static void append_count(Buf *buf, size_t count, const char *what)
{
    buf_printf(buf, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static size_t count_members(const Config *config)
{
    size_t members = 0;

    for (size_t i = 0; i < config->channel_count; i++)
        members += config->channels[i].member_count;
    return members;
}

/* What of a roster means nothing without settings, each by `append`. */
static void each_unchecked(void (*append)(void *context, const char *key), void *context)
{
    append(context, "instance");
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        if (setting_row(name)->rule != SETTING_RULE_HOST)
            append(context, setting_row(name)->key);
    }
    append(context, "guards");
}

static void append_unchecked(void *buf, const char *key)
{
    buf_printf(buf, "%s %s", str_equal(key, "instance") ? "" : ",", key);
}

void validation_append_totals(const Validation *validation, const ValidationList *list, Buf *buf)
{
    size_t files = validation->problems->document_count;

    if (list->total == 0) {
        buf_puts(buf, "no errors in ");
        append_count(buf, files, "file");
    } else {
        append_count(buf, list->total, "error");
        buf_printf(buf, " in %zu of ", list->bad_file_count);
        append_count(buf, files, "file");
    }
    if (validation->config) {
        buf_puts(buf, ": ");
        append_count(buf, validation->config->channel_count, "channel");
        buf_puts(buf, ", ");
        append_count(buf, count_members(validation->config), "member");
    }
    if (validation->is_without_settings) {
        buf_puts(buf, "; not checked against settings, which -c FILE names:");
        each_unchecked(append_unchecked, buf);
    }
}

void validation_append_valid(const Config *config, Buf *buf)
{
    utf8_append_shown(buf, config->path);
    buf_puts(buf, ": valid: ");
    append_count(buf, config->instance_count, "instance");
    buf_puts(buf, ", ");
    append_count(buf, config->channel_count, "channel");
    buf_puts(buf, ", ");
    append_count(buf, count_members(config), "member");
    buf_putc(buf, '\n');
}

/* ---- text ---- */

static bool has_ending(const char *file, const char *ending)
{
    size_t length = strlen(file), ending_length = strlen(ending);

    return length >= ending_length && str_equal(file + length - ending_length, ending);
}

/* What is no YAML at all may be a file of a secret, unless its name says otherwise. */
static bool may_show(const Problem *problem)
{
    return problem->shows != PROBLEM_SHOWS_NOTHING &&
           (problem->key_size > 0 || has_ending(problem->file, ".yaml") ||
            has_ending(problem->file, ".yml"));
}

/* The mistakes of one line, from `first` on. */
typedef struct LineGroup {
    size_t count;
    bool is_hidden;
    size_t key_column; /* of the first key whose value is not to be shown; 0: none */
} LineGroup;

static LineGroup group_of(const ValidationList *list, size_t first)
{
    LineGroup group = {0};

    for (size_t i = first; i < list->error_count; i++) {
        const Problem *problem = list->errors[i];

        if (problem->file_order != list->errors[first]->file_order ||
            problem->line != list->errors[first]->line)
            break;
        group.count++;
        group.is_hidden |= !may_show(problem);
        if (problem->shows == PROBLEM_SHOWS_KEY && group.key_column == 0)
            group.key_column = problem->column;
    }
    return group;
}

static void append_errors(const Validation *validation, const ValidationList *list, Buf *buf)
{
    _cleanup_(excerpt_done) Excerpt excerpt = {0};
    LineGroup group;

    for (size_t first = 0; first < list->error_count; first += group.count) {
        group = group_of(list, first);
        for (size_t i = first; i < first + group.count; i++) {
            const Problem *problem = list->errors[i];

            problems_print_one(problem, buf);
            if (!validation->shows_lines || group.is_hidden || problem->line == 0)
                continue;
            excerpt_open(&excerpt, problem->file);
            excerpt_append(&excerpt, problem->line, problem->column, group.key_column, buf);
        }
    }
    problems_print_rest(validation->problems, buf);
}

int validation_append_text(const Validation *validation, Buf *buf)
{
    _cleanup_(validation_list_done) ValidationList list = {0};
    int r = validation_list(validation, &list);

    if (r < 0)
        return r;
    append_errors(validation, &list, buf);
    if (validation->config && !validation->is_of_files) {
        validation_append_valid(validation->config, buf);
    } else {
        validation_append_totals(validation, &list, buf);
        buf_putc(buf, '\n');
    }
    return buf_failed(buf);
}

/* ---- JSON ---- */

static void put_problem(JsonWriter *writer, const Problem *problem, const char *severity)
{
    _cleanup_(buf_done) Buf key = {0};

    buf_append(&key, problem->text, problem->key_size);
    json_open_object(writer, NULL);
    json_put_text(writer, "severity", severity);
    json_put_string(writer, "file", problem->file);
    json_put_number_if(writer, "line", problem->line > 0, problem->line);
    json_put_number_if(writer, "column", problem->line > 0, problem->column);
    json_put_text(writer, "key", buf_text(&key));
    json_put_string(writer, "message", problems_message(problem));
    json_close_object(writer);
    writer->buf->failed |= buf_failed(&key) < 0;
}

static void put_unchecked(void *writer, const char *key)
{
    json_put_string(writer, NULL, key);
}

int validation_append_json(const Validation *validation, Buf *buf)
{
    _cleanup_(validation_list_done) ValidationList list = {0};
    JsonWriter writer = {.buf = buf};
    int r = validation_list(validation, &list);

    if (r < 0)
        return r;
    json_open_object(&writer, NULL);
    json_put_bool(&writer, "valid", list.total == 0);
    json_put_number(&writer, "files", validation->problems->document_count);
    json_put_number(&writer, "files_with_errors", list.bad_file_count);
    json_put_number(&writer, "errors", list.total);
    json_put_number(&writer, "errors_not_shown", validation->problems->dropped);
    json_open_array(&writer, "unchecked");
    if (validation->is_without_settings)
        each_unchecked(put_unchecked, &writer);
    json_close_array(&writer);
    json_open_array(&writer, "problems");
    for (size_t i = 0; i < list.error_count; i++)
        put_problem(&writer, list.errors[i], "error");
    for (size_t i = 0; i < list.warning_count; i++)
        put_problem(&writer, list.warnings[i], "warning");
    json_close_array(&writer);
    json_close_object(&writer);
    return json_end(&writer);
}
