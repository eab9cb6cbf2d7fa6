"""Prints which grammars of the native tree-sitter are installed; then reads [grammar, text] as lines of JSON from its
input, and prints for each a line of JSON: the nodes of its tree in their order, as type, named, field, first and last byte.

What is in a node without a name (`is not` has two tokens in Python) is left out, as in our trees.
"""

import importlib
import importlib.metadata
import json
import sys

import tree_sitter

# By what our grammars are named: the module, and what in it gives the language.
GRAMMARS = {
    "go": ("tree_sitter_go", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
    "python": ("tree_sitter_python", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "yaml": ("tree_sitter_yaml", "language"),
}


def installed():
    for name, (module, _) in GRAMMARS.items():
        try:
            importlib.import_module(module)
            yield name, importlib.metadata.version(module.replace("_", "-"))
        except ImportError:
            continue


def parser_of(name, known):
    if name not in known:
        module, entry = GRAMMARS[name]
        language = tree_sitter.Language(getattr(importlib.import_module(module), entry)())
        known[name] = tree_sitter.Parser(language)
    return known[name]


def nodes(tree):
    cursor = tree.walk()
    while True:
        node = cursor.node
        yield [node.type, node.is_named, cursor.field_name, node.start_byte, node.end_byte]
        if node.is_named and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


print(json.dumps(dict(installed())))
parsers = {}
for line in sys.stdin.read().splitlines():
    grammar, text = json.loads(line)
    tree = parser_of(grammar, parsers).parse(text.encode())
    print(json.dumps(list(nodes(tree))))
