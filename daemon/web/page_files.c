/* SPDX-License-Identifier: MIT */
#include "daemon/web/page_files.h"

/* The assembler finds them from the folder that the tree is built in. */
#define PAGE_FILES_TAKE(name, path)                                                                \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global page_files_" name "\n"                                                        \
            "page_files_" name ":\n"                                                               \
            ".incbin \"" path "\"\n"                                                               \
            ".global page_files_" name "_end\n"                                                    \
            "page_files_" name "_end:\n"                                                           \
            ".byte 0\n"                                                                            \
            ".popsection\n")

PAGE_FILES_TAKE("css", "daemon/web/page.css");
PAGE_FILES_TAKE("js", "daemon/web/page.js");

extern const char page_files_css[], page_files_css_end[], page_files_js[], page_files_js_end[];

PageFile page_files_style(void)
{
    return (PageFile){.text = page_files_css,
                      .size = (size_t)(page_files_css_end - page_files_css)};
}

PageFile page_files_script(void)
{
    return (PageFile){.text = page_files_js, .size = (size_t)(page_files_js_end - page_files_js)};
}
