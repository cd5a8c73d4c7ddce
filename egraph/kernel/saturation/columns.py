"""The scratch table as plain columns: 32-bit integers of this machine's byte order, as bytes.

Belongs here: reading out, and saving. Not here: the objects that callers see (egraph/saturation).
Visible terms are those that are no hidden pairs; they are numbered anew, in order.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from egraph.kernel.saturation import layout
from egraph.kernel.saturation.scratch import Scratch

Logged = tuple[int, Sequence[tuple[int, int]]]
"""What the log says of a rule's firings: how many nodes besides the root, and for each variable which node it is to be
read from (0: the root), and the place there."""

SAVED = ("counts", "content", "label", "masks", "rows", "log")
_LENGTH = {
    "content": layout.TERMS, "label": layout.TERMS, "masks": layout.TERMS, "rows": layout.ROWS, "log": layout.LOGGED,
}  # fmt: skip


def has_pairs(scratch: Scratch) -> bool:
    """Tell whether there are hidden pairs."""
    return bool(scratch.counts[layout.TERMS] > scratch.counts[layout.VISIBLE])


def visible_numbers(scratch: Scratch) -> Any:
    """Give the number of each term among the visible ones; that of a pair means nothing."""
    if not has_pairs(scratch):
        return np.arange(int(scratch.counts[layout.TERMS]), dtype=np.int32)
    symbols = scratch.content[: int(scratch.counts[layout.TERMS]), layout.SYMBOL]
    return (np.cumsum((symbols >> 2) != layout.PAIR) - 1).astype(np.int32)


def term_columns(content: Any) -> dict[str, bytes]:
    """Give operator (-1: not arrived; otherwise counted from the first real one), colour, first_child, children."""
    is_pair = (content[:, layout.SYMBOL] >> 2) == layout.PAIR
    own = content[~is_pair] if is_pair.any() else content
    both = own[:, layout.LEFT :]
    if is_pair.any():
        number = (np.cumsum(~is_pair) - 1).astype(np.int32)
        children, sizes = _behind_pairs(content, own, is_pair)
        children = number[children]
    else:
        held = both >= 0
        children, sizes = both[held], held.sum(axis=1)
    return {
        "operator": np.maximum((own[:, layout.SYMBOL] >> 2) - layout.FIRST_OPERATOR, -1).astype(np.int32).tobytes(),
        "colour": (own[:, layout.SYMBOL] & 3).astype(np.int32).tobytes(),
        "first_child": np.concatenate(([0], np.cumsum(sizes))).astype(np.int32).tobytes(),
        "children": children.tobytes(),
    }


def _behind_pairs(content: Any, own: Any, is_pair: Any) -> tuple[Any, Any]:
    """Give the children of nodes in order, pairs resolved, and how many each node has."""
    parts: list[tuple[Any, Any]] = []  # (node, child), last children first
    at, left, right = np.arange(len(own)), own[:, layout.LEFT], own[:, layout.RIGHT]
    while len(at):
        has_right, has_left = right >= 0, left >= 0
        parts.append((at[has_right], right[has_right]))
        at, left = at[has_left], left[has_left]
        behind = is_pair[left]
        parts.append((at[~behind], left[~behind]))
        at, pair = at[behind], left[behind]
        left, right = content[pair, layout.LEFT], content[pair, layout.RIGHT]
    owner = np.concatenate([node for node, _ in reversed(parts)])
    child = np.concatenate([item for _, item in reversed(parts)])
    return child[np.argsort(owner, kind="stable")], np.bincount(owner, minlength=len(own))


def firing_columns(
    content: Any, log: Any, given: int, segments: Iterable[tuple[int, int, int]], logged: Sequence[Logged],
    made_by_none: Sequence[int],
) -> dict[str, bytes]:  # fmt: skip
    """Cut the log into firings. A segment is (round, rule, firings); `logged` tells of each rule what stands there.

    `made_by_none` are terms that no firing created.
    """
    columns: dict[str, list[Any]] = {name: [] for name in ("round", "rule", "right", "root", "sizes", "flat")}
    at = 0
    for round_number, rule, count in segments:
        kept, places = logged[rule] if rule >= 0 else (0, ())
        width = layout.LOG_HEAD + kept
        block = log[at : at + count * width].reshape(count, width)
        at += count * width
        for name, value in (("round", round_number), ("rule", rule), ("sizes", len(places))):
            columns[name].append(np.full(count, value, np.int32))
        for column, name in enumerate(("right", "root")):
            columns[name].append(block[:, column])
        flat = np.empty((count, len(places)), np.int32)
        for variable, (atom, place) in enumerate(places):
            flat[:, variable] = _terms_at(content, block[:, 1 + atom], place)
        columns["flat"].append(flat.reshape(-1))
    joined = {name: np.concatenate([np.zeros(0, np.int32), *parts]) for name, parts in columns.items()}
    created_by = _creators(joined["right"], given, len(content))
    created_by[np.asarray(made_by_none, np.int64) - given] = -1
    is_visible = (content[:, layout.SYMBOL] >> 2) != layout.PAIR
    if not is_visible.all():
        number = (np.cumsum(is_visible) - 1).astype(np.int32)
        for name in ("root", "right", "flat"):
            joined[name] = number[joined[name]]
        created_by = created_by[is_visible[given:]]
    return {
        "round": joined["round"].tobytes(),
        "rule": joined["rule"].tobytes(),
        "root": joined["root"].tobytes(),
        "right": joined["right"].tobytes(),
        "first_variable": np.concatenate(([0], np.cumsum(joined["sizes"]))).astype(np.int32).tobytes(),
        "substitution": joined["flat"].astype(np.int32).tobytes(),
        "created_by": created_by.tobytes(),
    }


def _terms_at(content: Any, terms: Any, place: int) -> Any:
    """Give the terms that stand at a place of nodes, as the matcher does (indexing.term_at)."""
    if place == layout.S_TERM:
        return terms
    if place < layout.WALK:
        return content[terms, layout.LEFT if place == layout.S_LEFT else layout.RIGHT]
    further, is_right = divmod(place - layout.WALK, 2)
    for _ in range(1 + further):
        terms = content[terms, layout.LEFT]
    return content[terms, layout.RIGHT] if is_right else terms


def _creators(right: Any, given: int, terms: int) -> Any:
    """Give the firing that made each term from `given` on: the first whose result is not older than the term."""
    newest = np.maximum.accumulate(right)
    firing = np.searchsorted(newest, np.arange(given, terms, dtype=np.int32)).astype(np.int32)
    firing[firing == len(right)] = -1
    return firing


def recorded(scratch: Scratch) -> tuple[Any, Any]:
    """Give content and log as they are now. Both only ever grow, so what is given stays as it is."""
    return scratch.content[: int(scratch.counts[layout.TERMS])], scratch.log[: int(scratch.counts[layout.LOGGED])]


def label_column(scratch: Scratch) -> bytes:
    """Give the class of each visible term: the smallest visible number in it."""
    terms = int(scratch.counts[layout.TERMS])
    if not has_pairs(scratch):
        return bytes(scratch.label[:terms])
    own = (scratch.content[:terms, layout.SYMBOL] >> 2) != layout.PAIR
    labels: bytes = visible_numbers(scratch)[scratch.label[:terms][own]].tobytes()
    return labels


def live_column(scratch: Scratch) -> bytes:
    """Give the visible terms that are rows, ascending."""
    rows = scratch.rows[: int(scratch.counts[layout.ROWS])]
    if not has_pairs(scratch):
        return bytes(rows[:, layout.TERM].copy())
    own = (scratch.content[rows[:, layout.TERM], layout.SYMBOL] >> 2) != layout.PAIR
    live: bytes = visible_numbers(scratch)[rows[own, layout.TERM]].tobytes()
    return live


def rows_since(scratch: Scratch, since: int, concerned: Sequence[bool]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Give term, operator number and children of each row from term `since` on whose operator is concerned."""
    terms = scratch.rows[: int(scratch.counts[layout.ROWS]), layout.TERM]
    terms = terms[terms >= since]
    operators = scratch.content[terms, layout.SYMBOL] >> 2
    terms = terms[np.asarray(concerned, bool)[operators]]
    content, found = memoryview(scratch.content), []
    for term, (symbol, left, right) in zip(terms.tolist(), scratch.content[terms].tolist(), strict=True):
        children: list[int] = []
        while left >= 0 and content[left, layout.SYMBOL] >> 2 == layout.PAIR:
            children.append(right)
            left, right = content[left, layout.LEFT], content[left, layout.RIGHT]
        children += [child for child in (right, left) if child >= 0]
        found.append((term, symbol >> 2, tuple(reversed(children))))
    return found


def classes_now(scratch: Scratch) -> Any:
    """Give a copy of the class of each term, pairs included."""
    return scratch.label[: int(scratch.counts[layout.TERMS])].copy()


def classes_moved(before: Any, now: Any) -> list[tuple[int, int]]:
    """Give the classes of an earlier `classes_now` that have become part of others, each with the one it is now."""
    names = np.flatnonzero(before == np.arange(len(before)))
    moved = names[now[names] != names]
    return list(zip(moved.tolist(), now[moved].tolist(), strict=True))


def live_count(scratch: Scratch) -> int:
    """Give the number of rows that are no pairs."""
    rows = int(scratch.counts[layout.ROWS])
    if not has_pairs(scratch):
        return rows
    symbols = scratch.content[scratch.rows[:rows, layout.TERM], layout.SYMBOL]
    return int(((symbols >> 2) != layout.PAIR).sum())


def save_arrays(scratch: Scratch) -> dict[str, bytes]:
    """Give what `load_arrays` needs, little endian."""
    found = {}
    for name in SAVED:
        array = getattr(scratch, name)
        part = array if name == "counts" else array[: int(scratch.counts[_LENGTH[name]])]
        found[name] = part.astype(part.dtype.newbyteorder("<")).tobytes()
    return found


def load_arrays(scratch: Scratch, saved: dict[str, bytes]) -> None:
    """Take what `save_arrays` gave. Raises ValueError where lengths or numbers do not fit together."""
    counts = np.frombuffer(saved["counts"], "<i8")
    if len(counts) != layout.COUNTERS or (counts < 0).any():
        raise ValueError("counts do not have their form")
    scratch.counts = counts.astype(np.int64)
    for name in SAVED[1:]:
        old = getattr(scratch, name)
        flat = np.frombuffer(saved[name], old.dtype.newbyteorder("<")).astype(old.dtype)
        array = flat.reshape(-1, *old.shape[1:]).copy()
        if len(array) != counts[_LENGTH[name]]:
            raise ValueError(f"{name} has {len(array)} rows, {counts[_LENGTH[name]]} are counted")
        setattr(scratch, name, array)
    terms = len(scratch.label)
    for name, least in (("content", -1), ("label", 0), ("rows", -1), ("log", 0)):
        array = getattr(scratch, name)
        numbers = array[:, 1:] if name == "content" else array
        if numbers.size and (numbers.min() < least or numbers.max() >= max(terms, 2)):
            raise ValueError(f"{name} names a term that is not there")
    scratch.uf = scratch.label.copy()
    scratch.dead = np.zeros(terms, np.int8)
    scratch.rebuild_table(0)
