/* SPDX-License-Identifier: MIT */
#include "config/yaml/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "config/yaml/quick_list.h"
#include "config/yaml/tree.h"
#include "daemon/base/mem.h"

static Location place_of(const yaml_mark_t *mark)
{
    return (Location){.line = (uint32_t)mark->line + 1, .column = (uint32_t)mark->column + 1};
}

/* Reports what YAML allows on a value and rosterd does not: anchors and tags. */
static void refuse_properties(Tree *tree, Location place, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor)
        tree_problem(tree, place, "anchor, remove it");
    if (tag)
        tree_problem(tree, place, "tag, remove it");
}

static int take_document(Tree *tree, Location place)
{
    if (!tree->root)
        return 0;
    tree_problem(tree, place, "second document, must be one in a file");
    return -EINVAL;
}

static int take_scalar(Tree *tree, Location place, const yaml_event_t *event)
{
    refuse_properties(tree, place, event->data.scalar.anchor, event->data.scalar.tag);
    return tree_add_scalar(tree, place, (const char *)event->data.scalar.value,
                           event->data.scalar.length,
                           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* Takes one event in. 0, -EINVAL (reported), -ENOMEM. */
static int take_event(Tree *tree, const yaml_event_t *event)
{
    Location place = place_of(&event->start_mark);

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return take_document(tree, place);
    case YAML_ALIAS_EVENT:
        return tree_add_alias(tree, place);
    case YAML_SCALAR_EVENT:
        return take_scalar(tree, place, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(tree, place, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        return tree_begin(tree, place, NODE_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(tree, place, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
        return tree_begin(tree, place, NODE_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        tree_end(tree);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return 0;
}

/* libyaml gives no line for what it cannot decode, only the bytes before it. */
static yaml_mark_t mark_of_offset(const char *text, size_t offset)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

/* Messages of libyaml with our own words for them; "%zu" is the line where the whole begins. */
static const struct {
    const char *problem;
    const char *text;
} syntax_texts[] = {
    {"found unexpected end of stream", "quotes that begin on line %zu are not closed"},
    {"did not find expected ',' or ']'",
     "list that begins on line %zu: a comma or ] is missing before this"},
    {"did not find expected ',' or '}'",
     "map that begins on line %zu: a comma or } is missing before this"},
    {"did not find expected '-' indicator",
     "list that begins on line %zu: an entry must begin with \"- \" in the list's own column"},
    {"did not find expected key",
     "map that begins on line %zu: a key must stand here, in the map's own column"},
    {"could not find expected ':'", "key on line %zu: a colon and a space must follow it"},
    {"mapping values are not allowed in this context",
     "colon where no key can be: put quotes around text with \": \" in it, or mend the "
     "indentation"},
    {"block sequence entries are not allowed in this context",
     "\"- \" where no list can be: begin the list on a line of its own"},
    {"did not find expected node content", "value missing here"},
    {"found unexpected ':'", "colon in text inside [ ] or { }: put quotes around the text"},
    {"did not find expected <document start>", "text after the end of the document (...)"},
    {"found unknown escape character",
     "unknown escape in double quotes: write \\\\ for a backslash"},
    {"found character that cannot start any token",
     "text cannot begin with this character: put quotes around it"},
};

/* Finds the line with this number, from 0. */
static const char *line_of(const char *text, size_t size, size_t number, size_t *ret_length)
{
    const char *end = text + size, *next;

    for (; number > 0 && (next = memchr(text, '\n', (size_t)(end - text))); number--)
        text = next + 1;
    next = memchr(text, '\n', (size_t)(end - text));
    *ret_length = (size_t)((next ? next : end) - text);
    return text;
}

static bool has(const char *line, size_t length, const char *text)
{
    return memmem(line, length, text, strlen(text));
}

/* Finds the line, from 0, of a conflict mark that git left in the file; SIZE_MAX where there is
 * none. */
static size_t find_conflict(const char *text, size_t size)
{
    static const char *const marks[] = {"<<<<<<< ", "=======", ">>>>>>> ", "||||||| "};
    const char *line = text, *next;
    size_t number = 0;

    for (; line; line = next ? next + 1 : NULL, number++) {
        size_t left = size - (size_t)(line - text);

        for (size_t i = 0; i < ELEMENTS(marks); i++) {
            size_t length = strlen(marks[i]);

            if (left >= length && memcmp(line, marks[i], length) == 0)
                return number;
        }
        next = memchr(line, '\n', left);
    }
    return SIZE_MAX;
}

/* Mistakes that no parser can name: what stands in the line says more. NULL: none of them. An
 * address without quotes, [2001:db8::1]:8080 or ::1, can mean a list or a key. */
static const char *name_by_line(const char *line, size_t length)
{
    size_t blank = 0;

    while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
        blank++;
    if (memchr(line, '\t', blank))
        return "tab in the indentation, indent with spaces";
    if (has(line, length, "{{") || has(line, length, "{%") || has(line, length, "${") ||
        has(line, length, "<%"))
        return "template left unrendered, render the file before rosterd reads it";
    if (has(line, length, "]:") || has(line, length, "::"))
        return "IPv6 address without quotes, write \"[2001:db8::1]:8080\" with them";
    return NULL;
}

static const char *name_by_problem(const yaml_parser_t *parser)
{
    for (size_t i = 0; parser->problem && i < ELEMENTS(syntax_texts); i++) {
        if (strcmp(parser->problem, syntax_texts[i].problem) == 0)
            return syntax_texts[i].text;
    }
    return parser->problem ? parser->problem : "cannot be read";
}

/* Puts the line in the place of %zu. */
static void fill_line(const char *text, size_t line, char *ret_text, size_t size)
{
    const char *hole = strstr(text, "%zu");

    if (hole)
        snprintf(ret_text, size, "not YAML: %.*s%zu%s", (int)(hole - text), text, line, hole + 3);
    else
        snprintf(ret_text, size, "not YAML: %s", text);
}

static void report_at(const Tree *tree, yaml_mark_t mark, const char *text)
{
    problems_add(tree->problems, tree->file, mark.line + 1, mark.column + 1, "", "%s", text);
}

static void report_encoding(const Tree *tree, const yaml_parser_t *parser, const char *text,
                            size_t size)
{
    size_t offset = parser->problem_offset < size ? parser->problem_offset : size;
    bool is_control = parser->problem && strstr(parser->problem, "control");

    report_at(tree, mark_of_offset(text, offset),
              is_control ? "control character, must be text without any"
                         : "not UTF-8, must be text in UTF-8");
}

static int report_syntax(const Tree *tree, const yaml_parser_t *parser, const char *text,
                         size_t size)
{
    size_t conflict = find_conflict(text, size), length;
    yaml_mark_t mark = parser->problem_mark;
    const char *line = line_of(text, size, mark.line, &length), *said;
    char own[160];

    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    if (parser->error == YAML_READER_ERROR) {
        report_encoding(tree, parser, text, size);
        return -EINVAL;
    }
    if (conflict != SIZE_MAX) {
        report_at(tree, (yaml_mark_t){.line = conflict},
                  "merge conflict left in the file, resolve it");
        return -EINVAL;
    }
    said = name_by_line(line, length);
    if (!said) {
        fill_line(name_by_problem(parser), parser->context_mark.line + 1, own, sizeof(own));
        said = own;
    }
    report_at(tree, mark, said);
    return -EINVAL;
}

/* ---- events ---- */

/* What libyaml reads, and what it has read of it. */
typedef struct Reading {
    const char *text;
    size_t size;
    QuickLists lists;     /* what is read without it */
    size_t expected_list; /* whose first item it has not read yet */
    Tree tree;
} Reading;

static void reading_done(Reading *reading)
{
    quick_list_done(&reading->lists);
    tree_done(&reading->tree);
}

static int add_items(Tree *tree, const QuickList *list)
{
    Location place = {.line = list->line, .column = list->column};
    int r = 0;

    for (const char *at = list->lines; r == 0 && at < list->lines + list->lines_size;) {
        size_t size;
        const char *word = quick_list_next(list, &at, &size);

        place.line++;
        r = tree_add_scalar(tree, place, word, size, true);
    }
    return r;
}

/* Whether this is the first item of a list, just as it is written. */
static bool is_first_item(const QuickList *list, Location place, const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && place.line == list->line &&
           place.column == list->column && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           event->data.scalar.length == list->word_size &&
           memcmp(event->data.scalar.value, list->word, list->word_size) == 0;
}

/* Adds the items behind the first one, which was just read. 0; -EINVAL: libyaml takes the lines for
 * something else (not reported); -ENOMEM. */
static int take_list(Reading *reading, const yaml_event_t *event)
{
    const QuickList *list = &reading->lists.items[reading->expected_list];
    Location place = place_of(&event->start_mark);

    if (place.line < list->line || (place.line == list->line && place.column < list->column))
        return 0;
    if (!is_first_item(list, place, event) || !tree_is_in_list(&reading->tree))
        return -EINVAL;
    reading->expected_list++;
    return add_items(&reading->tree, list);
}

static int parse_events(Reading *reading, yaml_parser_t *parser)
{
    int r = 0;

    for (bool ended = false; !ended && r == 0;) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event))
            return report_syntax(&reading->tree, parser, reading->text, reading->size);
        ended = event.type == YAML_STREAM_END_EVENT;
        r = take_event(&reading->tree, &event);
        if (r == 0 && reading->expected_list < reading->lists.count)
            r = take_list(reading, &event);
        yaml_event_delete(&event);
    }
    return r;
}

static int give_text(void *userdata, unsigned char *ret_bytes, size_t size, size_t *ret_size)
{
    *ret_size = quick_list_read_text(userdata, ret_bytes, size);
    return 1;
}

/* Reads what the text says, but for its lists. 0, -EINVAL (reported), -ENOMEM. */
static int parse(Reading *reading)
{
    _cleanup_(yaml_parser_delete) yaml_parser_t parser;
    QuickText text;

    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    quick_list_begin_text(&text, &reading->lists, reading->text, reading->size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&parser, give_text, &text);
    return parse_events(reading, &parser);
}

/* Reads a text in which nothing is wrong and whose long lists are lists. 0; -EINVAL: libyaml must
 * read it alone, whose words for mistakes these are (nothing is reported); -ENOMEM. */
static int parse_quickly(const char *file, const char *text, size_t size, Arena *arena,
                         const Node **ret_root)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(reading_done) Reading reading = {
        .text = text, .size = size, .tree = {.file = file, .arena = arena, .problems = &problems}};
    int r = quick_list_find(&reading.lists, text, size);

    if (r < 0)
        return r;
    if (reading.lists.count == 0)
        return -EINVAL;
    r = parse(&reading);
    if (r == -ENOMEM || problems.out_of_memory)
        return -ENOMEM;
    if (r < 0 || problems_any(&problems) || reading.expected_list < reading.lists.count)
        return -EINVAL;
    *ret_root = reading.tree.root;
    return 0;
}

/* All of it by libyaml. 0, -EINVAL (reported), -ENOMEM. */
static int parse_whole(const char *file, const char *text, size_t size, Arena *arena,
                       Problems *problems, const Node **ret_root)
{
    _cleanup_(reading_done) Reading reading = {
        .text = text, .size = size, .tree = {.file = file, .arena = arena, .problems = problems}};
    int r = parse(&reading);

    if (r < 0)
        return r;
    if (!reading.tree.root) {
        problems_add(problems, file, 1, 1, "", "empty, must be a map of keys");
        return -EINVAL;
    }
    *ret_root = reading.tree.root;
    return 0;
}

int yaml_parse(const char *file, const char *text, size_t size, Arena *arena, Problems *problems,
               const Node **ret_root)
{
    int r;

    if (size > YAML_SIZE_MAX) {
        problems_add(problems, file, 1, 1, "",
                     "too large: more than 8 MiB, split it into several files");
        return -EINVAL;
    }
    if (size >= 3 &&
        memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* the byte order mark that some editors write */
        text += 3;
        size -= 3;
    }
    r = parse_quickly(file, text, size, arena, ret_root);
    if (r == -EINVAL)
        r = parse_whole(file, text, size, arena, problems, ret_root);
    return r == -ENOMEM ? problems_memory(problems) : r;
}
