/* SPDX-License-Identifier: MIT */
/* YAML text to a tree of nodes, without the parts of YAML that let a file say what a reviewer does
 * not see. The only user of libyaml. */
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
