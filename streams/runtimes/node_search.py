"""Ways into a graph that one does not know: nodes by part of an operator or an id, large classes, what is quarantined.

Belongs here: finding and ranking. Not here: one class (class_text.py), which texts name one node (node_names.py).
"""

from typing import Any

from egraph.explain.terms import term
from egraph.identifiers import NodeId
from streams.runtimes.graph_index import GraphIndex
from streams.runtimes.node_names import UnclearNode, UnknownNode

_ID_DIGITS_MIN = 3
_WITNESSES, _WITNESS_ACCEPTED = 8, 2_000
"""So many conflicts are sought for one answer, among at most so many accepted equalities: each step closes over all."""
"""Fewer digits begin too many ids to mean one."""


def found_nodes(index: GraphIndex, text: str, *, limit: int = 50) -> dict[str, Any]:
    """Find nodes whose operator contains a text, in any case, or whose id begins with it; the closest come first.

    `exact` is the one node that the text names, if it names one; else `problem` says why it does not.
    """
    exact, problem = None, None
    try:
        exact = index.names.node(text).hex()
    except (UnclearNode, UnknownNode) as error:
        problem = str(error)
    wanted = text.strip().casefold()
    digits = wanted.removeprefix("#")
    ranked = sorted(_ranked(index, wanted, digits if len(digits) >= _ID_DIGITS_MIN else None))
    return {
        "text": text,
        "version": list(index.version),
        "exact": exact,
        "problem": problem,
        "nodes": [index.node_document(node) for *_, node in ranked[:limit]],
        "matching": len(ranked),
        "total": index.counts.nodes,
    }


def _ranked(index: GraphIndex, wanted: str, digits: str | None) -> list[tuple[int, int, str, int, NodeId]]:
    table, added = index.view.store.nodes, index.view.nodes.added
    found = []
    closeness: dict[str, int] = {}
    for number in range(len(added)):
        operator = table.operator_of(number) if added[number] else None
        if operator is None:
            continue
        if operator not in closeness:
            folded = operator.casefold()
            closeness[operator] = (
                -1 if wanted not in folded else 0 if folded == wanted else 2 - folded.startswith(wanted)
            )
        rank = closeness[operator]
        if rank < 0 and digits is not None and table.ids[number].hex().startswith(digits):
            rank = 0
        if rank >= 0:
            found.append((rank, len(operator), operator, len(table.children_of(number)), table.ids[number]))
    return found


def summary_document(index: GraphIndex, *, limit: int = 20) -> dict[str, Any]:
    """Tell of the whole graph: its sizes, its largest classes, and the newest quarantined equalities.

    The first ones come with the accepted equalities that they conflict with, unless so many are accepted that who looks
    would wait for the search.
    """
    ids = index.view.store.nodes.ids
    merged = index.view.merged_classes()
    largest = sorted((-len(group), min(ids[number] for number in group)) for group in merged)[:limit]
    kept_out = index.view.quarantined()
    counts = index.counts
    return {
        "version": list(index.version),
        "counts": {
            "nodes": counts.nodes, "classes": counts.classes, "accepted": counts.accepted,
            "quarantined": counts.quarantined, "suspended": counts.suspended,
        },
        "classes": [
            {"class": name.hex(), "term": term(index.known, name), "members_count": -size} for size, name in largest
        ],
        "merged_count": len(merged),
        "quarantined": [
            index.quarantined_document(event, with_witness=place < _WITNESSES and counts.accepted <= _WITNESS_ACCEPTED)
            for place, event in enumerate(list(reversed(kept_out))[:limit])
        ],
        "quarantined_count": len(kept_out),
    }  # fmt: skip
