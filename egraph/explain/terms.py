"""Nodes as short terms for people.

Belongs here: how a node is shown. Not here: which texts name a node (streams/runtimes/node_names.py). Shown text is
printable whatever the log holds: an operator may be any text, a terminal's control sequences included.
"""

import re

from egraph.explain.known import Known
from egraph.identifiers import NodeId

_DEPTH_SHOWN = 4
_CHILDREN_SHOWN = 8
_CHARACTERS_SHOWN = 80
_PLAIN_ATOM = re.compile(r"""[^\s()";#=][^\s()";]*|=[^\s()";]+""")


def term(known: Known, node: NodeId, depth: int = _DEPTH_SHOWN) -> str:
    """Give a node as an S-expression cut at a depth and a width: `…` for the rest, #id for unknown content.

    A term that is not cut and whose operators are printable reads back as itself.
    """
    content = known.node(node)
    if content is None:
        return f"#{node.hex()}"
    operator = printable(content.operator)
    if not _PLAIN_ATOM.fullmatch(operator) or operator != content.operator:
        operator = '"' + operator.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not content.children:
        return operator
    if depth == 1:
        return f"({operator} …)"
    shown = [term(known, child, depth - 1) for child in content.children[:_CHILDREN_SHOWN]]
    rest = ["…"] if len(content.children) > _CHILDREN_SHOWN else []
    return f"({' '.join([operator, *shown, *rest])})"


def printable(text: str) -> str:
    """Give a text on one line, cut to 80 characters, with � for what a terminal would act on."""
    cut = text if len(text) <= _CHARACTERS_SHOWN else text[: _CHARACTERS_SHOWN - 1] + "…"
    return "".join(item if item.isprintable() else "�" for item in cut)
