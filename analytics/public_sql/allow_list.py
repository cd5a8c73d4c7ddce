"""What a stranger's statement may say: one SELECT, over the public tables and views, with functions that only compute.

Belongs here: judging the syntax tree that DuckDB's own parser gives (json_serialize_sql). Not here: running. A text is
never judged by patterns: the parser that will run it says what it is.
"""

from collections.abc import Collection, Iterator
from typing import Any

from analytics.public_sql.functions import ALLOWED, words

_EXPRESSIONS = words(
    "BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR "
    "POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW"
)
_PARTS = words(
    "SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EMPTY "
    "EXPRESSION_LIST PIVOT ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT "
    "ASCENDING DESCENDING"
)
_ALLOWED = frozenset(name.lower() for name in ALLOWED)


class StatementRefused(Exception):
    """A statement that strangers may not run. The message says which part of it, and what is possible."""


def check_tree(tree: dict[str, Any], tables: Collection[str], macros: Collection[str] = ()) -> None:
    """Judge what json_serialize_sql gave. `tables` are the public names, `macros` the public macros.

    Raises StatementRefused.
    """
    if tree.get("error"):
        if tree.get("error_type") == "parser":
            raise StatementRefused(str(tree.get("error_message")))
        raise StatementRefused("only a SELECT is possible here; ask one over the public tables and views")
    statements = tree.get("statements", [])
    if len(statements) != 1:
        raise StatementRefused(f"{len(statements)} statements were given; ask one SELECT at a time")
    public = {name.lower() for name in tables}
    functions = _ALLOWED.union(name.lower() for name in macros)
    named = {name.lower() for item in _walk(tree) for name in _cte_names(item)}
    for item in _walk(tree):
        _check_kind(item)
        _check_table(item, public | named)
        _check_function(item, functions)


def _walk(item: Any) -> Iterator[dict[str, Any]]:
    """Give every object of a tree. Without recursion: a stranger chooses the depth."""
    waiting = [item]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            yield at
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


def _cte_names(item: dict[str, Any]) -> list[str]:
    names = [str(entry["key"]) for entry in (item.get("cte_map") or {}).get("map", []) if "key" in entry]
    return [*names, str(item["cte_name"])] if "cte_name" in item else names


def _check_kind(item: dict[str, Any]) -> None:
    kind, possible = (item["class"], _EXPRESSIONS) if "class" in item else (item.get("type"), _PARTS)
    if isinstance(kind, str) and kind not in possible:
        shown = kind.removesuffix("_NODE").removesuffix("_REF").replace("_", " ")
        raise StatementRefused(f"{shown} is not possible here; ask a SELECT over the public tables and views")


def _check_table(item: dict[str, Any], names: Collection[str]) -> None:
    if item.get("type") != "BASE_TABLE":
        return
    path = [str(part) for part in (item.get("catalog_name"), item.get("schema_name")) if part]
    table = str(item.get("table_name", ""))
    if path or table.lower() not in names:
        shown = ".".join([*path, table])
        raise StatementRefused(f"there is no public table or view {shown!r}; see the list beside the editor")


def _check_function(item: dict[str, Any], functions: Collection[str]) -> None:
    name = item.get("function_name")
    if name is None:
        return
    if item.get("schema") or item.get("catalog") or str(name).lower() not in functions:
        raise StatementRefused(f"the function {name!r} is not possible here; functions that only compute are")
