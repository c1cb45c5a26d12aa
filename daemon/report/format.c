/* SPDX-License-Identifier: MIT */
#include "daemon/report/format.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/report/html.h"
#include "daemon/report/markdown.h"

int report_format_parse(const char *word, ReportFormat *ret_format)
{
#define FORMAT_WORD(constant, text) [constant] = #text,
    static const char *const words[] = {REPORT_FORMAT_ROWS(FORMAT_WORD)};

    for (ReportFormat format = 0; format < REPORT_FORMAT_COUNT; format++) {
        if (str_equal(words[format], word)) {
            *ret_format = format;
            return 0;
        }
    }
    return -EINVAL;
}

int report_format_append(const ReportSource *source, ReportFormat format,
                         const TextOptions *options, Buf *buf)
{
    switch (format) {
    case REPORT_FORMAT_TEXT:
        return report_text_append(source, options, buf);
    case REPORT_FORMAT_JSON:
        return report_source_append(source, buf);
    case REPORT_FORMAT_MARKDOWN:
        return report_markdown_append(source, options, buf);
    case REPORT_FORMAT_HTML:
        return report_html_append(source, options, buf);
    case REPORT_FORMAT_COUNT:
        break;
    }
    assert(format != REPORT_FORMAT_COUNT);
    return -EINVAL;
}
