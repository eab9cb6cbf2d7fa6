"""Reads paths from its input, and prints for each a line of JSON: the functions and classes that CPython's ast finds.

Those in the body of a module or of a class, also behind conditions, and those right in the body of a function.
"""

import ast
import json
import sys


def lines_of(node):
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return [first, node.end_lineno]


def parameters_of(given):
    placed = [*given.posonlyargs, *given.args]
    defaults = len(placed) - len(given.defaults)
    for at, own in enumerate(placed):
        yield [own.arg, "placed" if at < len(given.posonlyargs) else "either", at >= defaults]
    if given.vararg:
        yield [given.vararg.arg, "rest", False]
    for own, value in zip(given.kwonlyargs, given.kw_defaults):
        yield [own.arg, "named", value is not None]
    if given.kwarg:
        yield [given.kwarg.arg, "named_rest", False]


def name_of(decorator):
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def yields(node):
    """Whether a function is a generator: what is in functions and classes inside of it is theirs."""
    todo = list(node.body)
    while todo:
        own = todo.pop()
        if isinstance(own, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(own, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            todo += own.decorator_list
            continue
        if not isinstance(own, ast.Lambda):
            todo += ast.iter_child_nodes(own)
    return False


def row(node, path):
    own = {"path": path, "lines": lines_of(node), "decorators": [name_of(one) for one in node.decorator_list]}
    own["doc"] = bool(node.body) and ast.get_docstring(node, clean=False) is not None
    if isinstance(node, ast.ClassDef):
        return {**own, "kind": "class"}
    is_async = isinstance(node, ast.AsyncFunctionDef)
    return {
        **own,
        "kind": "function",
        "async": is_async,
        "generator": yields(node),
        "parameters": list(parameters_of(node.args)),
    }


def rows(body, path):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own = [*path, node.name]
            yield row(node, own)
            yield from rows(node.body, own)
            continue
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            for part in getattr(node, field, None) or []:
                yield from rows(part.body, path) if hasattr(part, "body") and not isinstance(part, ast.stmt) else rows([part], path)


for path in sys.stdin.read().splitlines():
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            tree = ast.parse(file.read())
        answer = {"path": path, "rows": list(rows(tree.body, []))}
    except (SyntaxError, ValueError, UnicodeDecodeError) as error:
        answer = {"path": path, "error": str(error)}
    print(json.dumps(answer))
