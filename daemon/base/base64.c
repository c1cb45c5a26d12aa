/* SPDX-License-Identifier: MIT */
#include "daemon/base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_encode_group(Buf *text, const unsigned char *bytes, size_t size)
{
    unsigned int held = (unsigned int)bytes[0] << 16;

    if (size > 1)
        held |= (unsigned int)bytes[1] << 8;
    if (size > 2)
        held |= bytes[2];
    buf_putc(text, digits[held >> 18]);
    buf_putc(text, digits[held >> 12 & 63]);
    buf_putc(text, size > 1 ? digits[held >> 6 & 63] : '=');
    buf_putc(text, size > 2 ? digits[held & 63] : '=');
}

void base64_encode(Buf *text, const void *bytes, size_t size)
{
    const unsigned char *start = bytes;

    for (size_t i = 0; i < size; i += 3)
        base64_encode_group(text, start + i, size - i < 3 ? size - i : 3);
}

static int base64_digit(char byte)
{
    const char *digit = byte ? strchr(digits, byte) : NULL;

    return digit ? (int)(digit - digits) : -1;
}

bool base64_decode(Buf *bytes, const char *text)
{
    size_t size = strcspn(text, "=");
    unsigned int held = 0, bits = 0;

    if (size % 4 == 1 || text[size + strspn(text + size, "=")] != '\0')
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return false;
        held = held << 6 | (unsigned int)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_putc(bytes, (char)(held >> bits & 0xff));
        }
    }
    return buf_failed(bytes) == 0;
}
