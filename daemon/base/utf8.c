/* SPDX-License-Identifier: MIT */
#include "daemon/base/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <wchar.h>

#include "daemon/base/mem.h"

/* Whether a second byte makes no overlong form, no surrogate and nothing above U+10FFFF. */
static bool utf8_second_fits(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

size_t utf8_sequence(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char lead = bytes[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (length > size || lead > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    return length < 3 || utf8_second_fits(lead, bytes[1]) ? length : 0;
}

void utf8_mend(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t length = utf8_sequence(text, left);

        if (length == 0) {
            *text = '?';
            length = 1;
        }
        text += length;
        left -= length;
    }
}

uint32_t utf8_decode(const char *text, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & masks[length];

    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    return point;
}

size_t utf8_columns(const char *text, size_t length)
{
    int columns = wcwidth((wchar_t)utf8_decode(text, length));

    return columns > 0 ? (size_t)columns : 0;
}

bool utf8_is_unseen(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0, 0x1f},        {0x7f, 0xa0},     {0xad, 0xad},     {0x34f, 0x34f},
        {0x600, 0x605},     {0x61c, 0x61c},   {0x6dd, 0x6dd},   {0x70f, 0x70f},
        {0x115f, 0x1160},   {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
        {0x2000, 0x200f},   {0x2028, 0x202f}, {0x205f, 0x206f}, {0x2800, 0x2800},
        {0x3000, 0x3000},   {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
        {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < ELEMENTS(ranges); i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    }
    return false;
}

/* Bytes at its start that are shown as they are, whatever follows them. */
static size_t utf8_measure_plain(const char *text)
{
    size_t size = 0;

    while (text[size] >= ' ' && text[size] <= '~')
        size++;
    return size;
}

void utf8_append_shown(Buf *buf, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t plain = utf8_measure_plain(text);
        size_t length = plain ? plain : utf8_sequence(text, left);
        uint32_t point = length && !plain ? utf8_decode(text, length) : 0;

        if (length == 0)
            buf_putc(buf, '?');
        else if (!plain && utf8_is_unseen(point))
            buf_printf(buf, "<U+%04" PRIX32 ">", point);
        else
            buf_append(buf, text, length);
        text += length ? length : 1;
        left -= length ? length : 1;
    }
}
