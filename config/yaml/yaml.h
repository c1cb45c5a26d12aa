/* SPDX-License-Identifier: MIT */
/*
 * DOC: from YAML text to a tree
 *
 * yaml_parse() turns the text of one file into a tree of Node (node.h), each with its line and
 * column, so that every later message can say where the mistake is. libyaml reads the events, and
 * this is the only file that knows it; tree.h puts them together. Of long lists of short words it
 * reads the first and the last item alone (quick_list.h).
 *
 * rosterd accepts less than YAML allows. A duplicate key, an anchor, an alias, a tag or a second
 * document lets a file say what its reviewer does not see, so each is a mistake. A plain scalar is
 * kept as text, and what reads it decides whether it is a number: `id: 123` and `name: yes` are
 * texts.
 *
 * Mistakes go into Problems (problems.h), which every step of loading adds to; parsing goes on
 * where the rest still means something, so that one look shows all of them. Problems are sorted by
 * file and place, long ones are cut, and of very many only the first are kept and the rest
 * counted.
 *
 * The arena that the caller gives owns the tree. It is freed once the values have been taken out,
 * and before the next file is read, so that loading needs memory for the largest file alone.
 */
#pragma once

#include <stddef.h>

#include "config/yaml/node.h"
#include "config/yaml/problems.h"
#include "daemon/base/arena.h"

#define YAML_SIZE_MAX (8U * 1024U * 1024U)

/*
 * Reads one document. Duplicate keys, anchors, aliases and tags are reported, and reading goes on;
 * what makes the rest meaningless (a syntax error, no UTF-8, more than one document or none, a key
 * that is no text, deeper than TREE_DEPTH_MAX, over YAML_SIZE_MAX) is reported and ends it. Returns
 * 0 and the root, which is the arena's; -EINVAL; -ENOMEM. `file` is its name in problems.
 */
int yaml_parse(const char *file, const char *text, size_t size, Arena *arena, Problems *problems,
               const Node **ret_root);
