/* JSON without a tree: see scan.h. */
#include "daemon/roma/scan.h"

#include <errno.h>
#include <string.h>

/* Bytes that stand for themselves in a string. */
static const bool is_plain[256] = {
    [0x20 ... 0x21] = true,
    [0x23 ... 0x5b] = true,
    [0x5d ... 0xff] = true,
};

static int scan_fail(Scan *scan, const char *problem)
{
    scan->problem = problem;
    return -EPROTO;
}

static int scan_too_short(Scan *scan)
{
    return scan_fail(scan, "it ends too early");
}

void scan_begin(Scan *scan, const char *text, size_t size)
{
    *scan = (Scan){.at = text, .end = text + size};
}

/* The next byte that is no white space, '\0' at the end (and for a NUL, which nothing allows). */
static char scan_peek(Scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : '\0';
}

/* What comes is not what must come. */
static int scan_unexpected(Scan *scan)
{
    return scan->at == scan->end ? scan_too_short(scan)
                                 : scan_fail(scan, "an unexpected character");
}

int scan_open(Scan *scan, char bracket)
{
    if (scan_peek(scan) != bracket)
        return scan->at == scan->end ? scan_too_short(scan) : 0;
    if (scan->depth == SCAN_DEPTH_MAX)
        return scan_fail(scan, "it is nested too deep");
    scan->depth++;
    scan->at++;
    scan->is_fresh = true;
    return 1;
}

/* What is the same in arrays and objects: the end, or the comma before all but the first. */
static int scan_next(Scan *scan, char closing)
{
    char next = scan_peek(scan);

    if (next == closing) {
        scan->at++;
        scan->depth--;
        scan->is_fresh = false;
        return 0;
    }
    if (!scan->is_fresh) {
        if (next != ',')
            return scan_unexpected(scan);
        scan->at++;
        scan_peek(scan);
    }
    scan->is_fresh = false;
    return 1;
}

int scan_next_item(Scan *scan)
{
    return scan_next(scan, ']');
}

static bool scan_is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* From a backslash on. */
static int scan_escape(Scan *scan)
{
    if (scan->end - scan->at < 2)
        return scan_too_short(scan);
    if (scan->at[1] != 'u') {
        if (scan->at[1] == '\0' || !strchr("\"\\/bfnrt", scan->at[1]))
            return scan_fail(scan, "an unknown escape in a string");
        scan->at += 2;
        return 0;
    }
    if (scan->end - scan->at < 6)
        return scan_too_short(scan);
    for (int i = 2; i < 6; i++) {
        if (!scan_is_hex(scan->at[i]))
            return scan_fail(scan, "an unknown escape in a string");
    }
    scan->at += 6;
    return 0;
}

static int scan_string(Scan *scan, ScanValue *ret_value)
{
    const char *start = ++scan->at;
    bool is_escaped = false;

    for (;;) {
        const char *at = scan->at;

        while (at < scan->end && is_plain[(unsigned char)*at])
            at++;
        scan->at = at;
        if (at == scan->end)
            return scan_too_short(scan);
        if (*at == '"')
            break;
        if (*at != '\\')
            return scan_fail(scan, "a control character in a string");
        is_escaped = true;
        if (scan_escape(scan) < 0)
            return -EPROTO;
    }
    *ret_value = (ScanValue){
        .kind = SCAN_STRING,
        .text = start,
        .size = (size_t)(scan->at - start),
        .is_escaped = is_escaped,
    };
    scan->at++;
    return 0;
}

int scan_next_key(Scan *scan, ScanValue *ret_key)
{
    int r = scan_next(scan, '}');

    if (r <= 0)
        return r;
    if (scan->at == scan->end || *scan->at != '"')
        return scan_unexpected(scan);
    if (scan_string(scan, ret_key) < 0)
        return -EPROTO;
    if (scan_peek(scan) != ':')
        return scan_unexpected(scan);
    scan->at++;
    return 1;
}

static bool scan_digits(Scan *scan)
{
    const char *start = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return scan->at > start;
}

static bool scan_is_next(const Scan *scan, const char *among)
{
    return scan->at < scan->end && *scan->at != '\0' && strchr(among, *scan->at);
}

static int scan_number(Scan *scan, ScanValue *ret_value)
{
    ScanValue value = {.kind = SCAN_INTEGER, .text = scan->at};
    const char *digits;

    if (*scan->at == '-')
        scan->at++;
    digits = scan->at;
    if (!scan_digits(scan) || (*digits == '0' && scan->at - digits > 1))
        return scan_fail(scan, "an odd number");
    if (scan_is_next(scan, ".")) {
        value.kind = SCAN_FRACTION;
        scan->at++;
        if (!scan_digits(scan))
            return scan_fail(scan, "an odd number");
    }
    if (scan_is_next(scan, "eE")) {
        value.kind = SCAN_FRACTION;
        scan->at++;
        if (scan_is_next(scan, "+-"))
            scan->at++;
        if (!scan_digits(scan))
            return scan_fail(scan, "an odd number");
    }
    value.size = (size_t)(scan->at - value.text);
    *ret_value = value;
    return 0;
}

static int scan_word(Scan *scan, const char *word, ScanKind kind, ScanValue *ret_value)
{
    size_t size = strlen(word);

    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return scan_unexpected(scan);
    *ret_value = (ScanValue){.kind = kind, .text = scan->at, .size = size};
    scan->at += size;
    return 0;
}

/* Calls itself by scan_value(), SCAN_DEPTH_MAX deep at most. */
static int scan_container(Scan *scan, ScanKind kind, ScanValue *ret_value)
{
    ScanValue value = {.kind = kind, .text = scan->at}, inner;
    int r = scan_open(scan, kind == SCAN_OBJECT ? '{' : '[');

    while (r >= 0) {
        r = kind == SCAN_OBJECT ? scan_next_key(scan, &inner) : scan_next_item(scan);
        if (r == 0) {
            value.size = (size_t)(scan->at - value.text);
            *ret_value = value;
            return 0;
        }
        if (r > 0)
            r = scan_value(scan, &inner);
    }
    return r;
}

int scan_value(Scan *scan, ScanValue *ret_value)
{
    char next = scan_peek(scan);

    switch (next) {
    case '"':
        return scan_string(scan, ret_value);
    case '{':
        return scan_container(scan, SCAN_OBJECT, ret_value);
    case '[':
        return scan_container(scan, SCAN_ARRAY, ret_value);
    case 't':
        return scan_word(scan, "true", SCAN_TRUTH, ret_value);
    case 'f':
        return scan_word(scan, "false", SCAN_TRUTH, ret_value);
    case 'n':
        return scan_word(scan, "null", SCAN_NULL, ret_value);
    default:
        if (next == '-' || (next >= '0' && next <= '9'))
            return scan_number(scan, ret_value);
        return scan_unexpected(scan);
    }
}

int scan_finish(Scan *scan)
{
    scan_peek(scan);
    return scan->at == scan->end ? 0 : scan_fail(scan, "more after its end");
}
