"""Prints for each file on its input what CPython's symtable says of its scopes, as a line of JSON."""

import json
import symtable
import sys
import warnings

warnings.simplefilter("ignore")


def plain(name, around):
    """Names are mangled below a class: `__x` is `_K__x` there."""
    for owner in around:
        prefix = "_" + owner.lstrip("_")
        if name.startswith(prefix + "__"):
            return name[len(prefix):]
    return name


def rows(table, around):
    for child in table.get_children():
        kind = child.get_type()
        owners = [child.get_name(), *around] if kind == "class" else around
        # `__class__` is bound by the compiler, and only where a method needs it
        used = [s for s in child.get_symbols() if not s.get_name().startswith(".") and s.get_name() != "__class__"]
        names = lambda test: sorted({plain(s.get_name(), owners) for s in used if test(s)})
        yield {
            "kind": kind,
            "line": child.get_lineno(),
            "locals": names(lambda s: s.is_local() and (s.is_assigned() or s.is_parameter() or s.is_imported() or s.is_annotated() or s.is_namespace())),
            "outer": names(lambda s: s.is_free() and s.is_referenced()),
            "globals": names(lambda s: s.is_global() and s.is_referenced()),
        }
        yield from rows(child, owners)


for path in sys.stdin.read().splitlines():
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        print(json.dumps({"path": path, "rows": list(rows(symtable.symtable(text, path, "exec"), []))}))
    except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError) as error:
        print(json.dumps({"path": path, "error": str(error)}))
