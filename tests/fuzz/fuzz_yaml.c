/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the reading of YAML against libyaml's alone: what is read without a problem is the same
 * tree, also where long lists are read beside libyaml (quick_list.h). The input is made of pieces,
 * since a few bytes are too short for a list of that kind.
 */
#include <assert.h>
#include <errno.h>

#include "config/yaml/yaml.h"
#include "tests/same_tree.h"
#include "tests/yaml_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(buf_done) Buf text = {0};
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(problems_done) Problems problems = {0};
    const Node *root = NULL;
    int r;

    yaml_pieces_put(&text, data, size);
    assert(buf_failed(&text) == 0);
    r = yaml_parse("f", buf_text(&text), text.size, &arena, &problems, &root);
    assert(r == 0 || (r == -EINVAL && problems_any(&problems)));
    if (r == 0 && !problems_any(&problems))
        same_tree(root, buf_text(&text), text.size);
    return 0;
}
