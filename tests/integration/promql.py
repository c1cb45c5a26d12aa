# SPDX-License-Identifier: MIT
"""Which metrics and labels an expression of PromQL names."""

import re

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# Words that are neither a metric nor a label, unless a brace or a parenthesis follows.
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "inf",
         "nan"}


def matchers(expression):
    """[(metric, {label: value or None where it is no equality})], as `name{label="value"}` has them."""
    found = []
    for match in re.finditer(r"\b([a-z_][a-z0-9_]*)\{([^}]*)\}", expression):
        labels = re.findall(r'([a-z_]\w*)\s*(=~|!=|!~|=)\s*("(?:[^"\\]|\\.)*")', match[2])
        found.append((match[1], {label: value[1:-1] if sign == "=" else None for label, sign, value in labels}))
    return found


def grouped(expression):
    """The labels that results are grouped or joined by."""
    lists = re.findall(r"\b(?:by|on|group_left|group_right|without|ignoring)\s*\(([^)]*)\)", expression)
    return {label.strip() for text in lists for label in text.split(",") if label.strip()}


def names(expression, told):
    """The metrics that it names: each must be one that the daemon tells."""
    bare = STRING.sub('""', expression)
    bare = re.sub(r"\b(?:by|on|group_left|group_right|without|ignoring)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\boffset\s+\S+", "", bare)
    words = {match[1] for match in re.finditer(r"\b([a-zA-Z_]\w*)\b(?!\s*\()", bare)} - WORDS
    return {family(word, told) for word in words}


def family(name, told):
    for ending in ("", "_bucket", "_sum", "_count"):
        base = name.removesuffix(ending) if ending else name
        if base in told and name.endswith(ending):
            return base
    raise AssertionError(f"{name}: rosterd tells no such metric")


def check(expression, told):
    """Whatever it names is there; `told` is {metric: labels}."""
    found = names(expression, told)
    assert found, f"names no metric: {expression}"
    for metric, labels in matchers(expression):
        base = family(metric, told)
        assert set(labels) <= told[base] | {"le"}, f"{metric} has no such label: {expression}"
    every = set().union(*(told[name] for name in found)) | {"le"}
    assert grouped(expression) <= every, f"groups by what is not there: {expression}"
