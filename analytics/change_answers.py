"""Typed answers about what one record changed in the e-graph, and what stands around it. Plain data, JSON-ready.

Belongs here: answers of cut_change.py and cut_surroundings.py. Not here: other answers about a cut (cut_answers.py).
"""

from dataclasses import dataclass

NODE_NEW, NODE_HELD, REPEATED = "node-new", "node-held", "repeated"
ACCEPTED, QUARANTINED, SUSPENDED, RETRACTED = "accepted", "quarantined", "suspended", "retracted"
WITHDRAWN, WAITS, NO_EFFECT, RULE, REFUSED = "withdrawn", "waits", "no-effect", "rule", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAtCut:
    """An e-node; `term` is cut to two levels, `children` are names of classes. `operator` None: not in the log yet."""

    node_id: str
    term: str
    operator: str | None
    colour: str
    children: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAroundCut:
    """A class, some of its `nodes_count` nodes, and where it stands: `itself`, `above`, `below` or `both`.

    `change` is what the record did to it: `new`, `defined` (its node had only been named), `joined` (by a new node),
    `merged` (of `parts` classes), `split` (off a larger one), `regrouped` (both), or None.
    """

    name: str
    side: str
    change: str | None
    parts: int
    nodes: tuple[NodeAtCut, ...]
    nodes_count: int
    quarantined_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualityAtCut:
    """An equality and its ends as terms."""

    event_id: str
    left_id: str
    right_id: str
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAtCut:
    """What the record of a cut changed in the e-graph.

    `outcome` is `node-new`, `node-held` (another fact had added it), `repeated` (the same fact was in the log before),
    of an equality `accepted`, `quarantined`, `suspended` or `retracted` (before it came), of a retraction `withdrawn`
    (`was` tells what its target was), `waits` (its target is not in the log yet) or `no-effect`; `rule`; `refused`.
    `equality` is the one that it states or retracts. `merged`, `split`: so many classes of the graph. `counts_now` and
    `fails_now`: so many other equalities that are accepted since, or no longer. `kept_apart_by` are the accepted
    equalities that a quarantined one conflicts with, None if they were not sought. `classes` are those that it speaks
    of, first, and what stands around them, of `classes_count`.
    """

    kind: str | None
    outcome: str
    was: str | None
    equality: EqualityAtCut | None
    merged: int
    split: int
    counts_now: int
    fails_now: int
    failing_premises: int
    kept_apart_by: tuple[EqualityAtCut, ...] | None
    classes: tuple[ClassAroundCut, ...]
    classes_count: int
