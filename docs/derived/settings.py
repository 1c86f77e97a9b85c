"""Every setting of the service, from `cds_service.settings` and its own words."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from itertools import pairwise

from cds_service.settings import PREFIX, Settings

from .markdown import table


def settings() -> str:
    """A table of the environment variables: name, default, meaning."""
    said = _said()
    rows = [
        (f"`{PREFIX}{each.name.upper()}`", _default(each), said[each.name])
        for each in dataclasses.fields(Settings)
    ]
    return table(("variable", "default", "meaning"), rows)


def _said() -> dict[str, str]:
    """What the text below each field says of it."""
    (body,) = (
        node.body for node in ast.parse(inspect.getsource(Settings)).body if isinstance(node, ast.ClassDef)
    )
    found = {}
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = words
    return found


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is dataclasses.MISSING:
        return "one for each core" if field.name == "workers" else ""
    match field.default:
        case None | () | "":
            return ""
        case bool(yes):
            return f"`{str(yes).lower()}`" if field.name != "snomed_affiliate" else ""
        case default:
            return f"`{default}`"
