/* SPDX-License-Identifier: MIT */
/* The style and the script of the status page: page.css and page.js beside this file, taken in when
 * it is compiled. */
#pragma once

#include <stddef.h>

/* Not ended by a NUL. */
typedef struct PageFile {
    const char *text;
    size_t size;
} PageFile;

PageFile page_files_style(void);
PageFile page_files_script(void);
