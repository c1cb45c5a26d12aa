/*
 * JSON (RFC 8259) read from front to back without a tree. A page of members is the one thing that
 * comes in quantity, and building a tree of it costs ten times what its few fields are worth. The
 * bytes must be valid UTF-8; whoever scans checks that first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 32

typedef enum ScanKind {
    SCAN_NULL,
    SCAN_TRUTH,
    SCAN_INTEGER,  /* without fraction and exponent */
    SCAN_FRACTION, /* any other number */
    SCAN_STRING,
    SCAN_ARRAY,
    SCAN_OBJECT,
} ScanKind;

/* A value as it stands in the text; a string without its quotes. */
typedef struct ScanValue {
    ScanKind kind;
    const char *text;
    size_t size;
    bool is_escaped; /* a string with a backslash */
} ScanValue;

typedef struct Scan {
    const char *at;
    const char *end;
    const char *problem; /* what is wrong with the text, set with -EPROTO */
    unsigned int depth;
    bool is_fresh; /* nothing was read yet of the innermost array or object */
} Scan;

/* The text is borrowed. */
void scan_begin(Scan *scan, const char *text, size_t size);

/* Goes into an array ('[') or object ('{') where that comes next. 1; 0 when something else comes;
 * -EPROTO. */
int scan_open(Scan *scan, char bracket);

/* In an object: reads the next key and its colon. 1; 0 at its end, which is read; -EPROTO. */
int scan_next_key(Scan *scan, ScanValue *ret_key);

/* In an array: goes to the next value. 1; 0 at its end, which is read; -EPROTO. */
int scan_next_item(Scan *scan);

/* Reads one value whole, with all that is in it. 0 or -EPROTO. */
int scan_value(Scan *scan, ScanValue *ret_value);

/* Whether nothing but white space follows. 0 or -EPROTO. */
int scan_finish(Scan *scan);

/* Writes a string's bytes as they are meant (value->size bytes at most) and a NUL. A half of a
 * surrogate pair becomes U+FFFD. Returns the size. */
size_t scan_unescape(const ScanValue *value, char *ret_text);

/* The number that an SCAN_INTEGER means. 0 or -ERANGE. */
int scan_integer(const ScanValue *value, int64_t *ret_number);

/* "a string", "an object": for messages. */
const char *scan_kind_name(ScanKind kind);
