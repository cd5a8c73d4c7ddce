"""One state of a folded log as questions about its graph need it: looked up once, kept until the log has grown.

Belongs here: what several answers share, and what only a pass over the whole log tells. Not here: answers
(class_text.py, neighbourhood.py, node_search.py), proofs (why.py), who folds (live_graph.py).
"""

from collections import defaultdict
from functools import cached_property
from typing import Any

from egraph.explain.known import KnownToView
from egraph.explain.surroundings import KnownClasses
from egraph.explain.terms import printable, term
from egraph.extraction.costs import size
from egraph.extraction.errors import NoTerm, TermTooLarge, TooExpensive
from egraph.extraction.from_view import ViewColumns, view_columns
from egraph.extraction.tree import Extraction, extract_trees
from egraph.identifiers import EventId, NodeId, Position
from egraph.reading import ViewCounts
from streams.ingest.colouring import Colouring
from streams.processors.folder import LogFolder
from streams.runtimes.fact_sources import positions_in
from streams.runtimes.node_names import NodeNames

EXTRACTED_MAX = 500_000
"""In graphs of more nodes no best term is sought: it takes 3 us a node, anew whenever the log has grown."""
COMPILED_FROM = 40_000
"""Below so many nodes plain Python is done before the compiled loops are loaded."""
_CHILDREN = 16
_SYMBOLS = 500


class GraphIndex:
    """Reads a folder as it stands. Valid while `version` is the folder's; for one thread."""

    def __init__(self, folder: LogFolder, colouring: Colouring | None = None) -> None:
        self.folder, self.view, self.version = folder, folder.view, folder.version
        self.known = KnownToView(folder.view)
        self.names = NodeNames(folder.view, self.known, colouring or Colouring())
        self.classes = KnownClasses(folder.view)
        self._witnesses: dict[EventId, tuple[EventId, ...]] = {}

    @cached_property
    def counts(self) -> ViewCounts:
        """The sizes of the view."""
        return self.view.counts()

    @cached_property
    def quarantined_by_end(self) -> dict[NodeId, list[EventId]]:
        """The quarantined equalities by each of their ends, in order."""
        found: defaultdict[NodeId, list[EventId]] = defaultdict(list)
        for event in self.view.quarantined():
            fact = self.known.equality(event)
            for end in dict.fromkeys((fact.left, fact.right)):
                found[end].append(event)
        return found

    @cached_property
    def _places(self) -> dict[int, Position]:
        places: dict[int, Position] = {}
        for number, position in positions_in(self.folder):
            places.setdefault(number, position)
        return places

    @cached_property
    def _best(self) -> tuple[ViewColumns, Extraction] | None:
        if self.counts.nodes > EXTRACTED_MAX:
            return None
        jit = self.counts.nodes >= COMPILED_FROM
        columns = view_columns(self.view, jit=jit)
        return columns, extract_trees(columns.columns, size, jit=jit)

    def place(self, event: EventId) -> Position | None:
        """Give the first place of a fact in the log."""
        number = self.folder.log.store.index_of(event)
        return None if number is None else self._places.get(number)

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give the class of a node, ascending."""
        return self.classes.members(node)

    def class_of(self, node: NodeId) -> NodeId:
        """Give the smallest id in the class of a node."""
        return self.classes.class_of(node)

    def witness(self, event: EventId) -> tuple[EventId, ...]:
        """Give what a quarantined equality conflicts with."""
        if event not in self._witnesses:
            self._witnesses[event] = self.view.witness(event)
        return self._witnesses[event]

    def quarantined_about(self, members: tuple[NodeId, ...]) -> list[EventId]:
        """Give the quarantined equalities with an end in a class, each once, in order."""
        by_end = self.quarantined_by_end
        events = {event for member in members for event in by_end.get(member, ())}
        return [event for event in self.view.quarantined() if event in events] if events else []

    def best_document(self, node: NodeId) -> dict[str, Any]:
        """Tell the smallest term of the class of a node, its cost and its top node; without one, `why`."""
        if self._best is None:
            why = f"not sought in graphs of more than {EXTRACTED_MAX:,} nodes; the members stand below"
            return {"term": None, "cost": None, "node": None, "why": why}
        columns, found = self._best
        label = columns.class_of(node)
        try:
            said = found.term(label).sexpr(symbols_max=_SYMBOLS)
            top = columns.ids[found.chosen(label)].hex()
            return {"term": said, "cost": found.cost_of(label), "node": top, "why": None}
        except (NoTerm, TooExpensive, TermTooLarge) as error:
            return {"term": None, "cost": None, "node": None, "why": str(error)}

    def node_document(self, node: NodeId) -> dict[str, Any]:
        """Tell of a node; operator, colour and place are None while the log does not hold its content."""
        content = self.known.node(node)
        place = None if content is None else self.place(self.known.added_by(node))
        children = () if content is None else content.children
        return {
            "id": node.hex(),
            "term": term(self.known, node),
            "class": self.class_of(node).hex(),
            "operator": None if content is None else printable(content.operator),
            "colour": None if content is None else content.colour.name,
            "children": [
                {"id": child.hex(), "term": term(self.known, child, 2), "class": self.class_of(child).hex()}
                for child in children[:_CHILDREN]
            ],
            "children_count": len(children),
            "partition": None if place is None else place.partition,
            "offset": None if place is None else place.offset,
        }

    def equality_document(self, event: EventId) -> dict[str, Any]:
        """Tell of an equality: its ends, who said it and where it stands."""
        fact, place = self.known.equality(event), self.place(event)
        return {
            "event_id": event.hex(),
            "left_id": fact.left.hex(),
            "right_id": fact.right.hex(),
            "left": term(self.known, fact.left),
            "right": term(self.known, fact.right),
            "producer": printable(fact.producer),
            "partition": None if place is None else place.partition,
            "offset": None if place is None else place.offset,
        }

    def quarantined_document(self, event: EventId, *, with_witness: bool) -> dict[str, Any]:
        """Tell of a quarantined equality; `witness` is None where it was not sought."""
        witness = [self.equality_document(item) for item in self.witness(event)] if with_witness else None
        return self.equality_document(event) | {"witness": witness}
