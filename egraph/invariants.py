"""Laws of a view, one function each, checked from scratch. Tests call them after every history, replay at its end."""

from collections.abc import Callable

from egraph.colours import Colour, mask_is_legal
from egraph.errors import InvariantBroken
from egraph.view import IncrementalView


def check_invariants(view: IncrementalView) -> None:
    """Check every law. Raises InvariantBroken naming the law and the place. Costs one pass over the graph."""
    view.settle()
    for law in LAWS:
        law(view)


def labels_and_members_agree(view: IncrementalView) -> None:
    """Every labelled node is a member of exactly the class that its label names."""
    closure = view.closure
    listed = [item for group in closure.members.values() for item in group]
    _expect(len(listed) == len(set(listed)) == len(closure.label), labels_and_members_agree, "a node is in two classes")
    for label, group in closure.members.items():
        _expect(len(group) > 1, labels_and_members_agree, f"class {label} has one member")
        for item in group:
            _expect(closure.label.get(item) == label, labels_and_members_agree, f"node {item} has another label")


def classes_are_closed_under_congruence(view: IncrementalView) -> None:
    """Nodes with the same operator, colour and classes of children are in one class."""
    table = view.store.nodes
    seen: dict[tuple[int, ...], int] = {}
    for number, added in enumerate(view.nodes.added):
        if added:
            key = (table.symbol[number], *[view.closure.find(child) for child in table.children_of(number)])
            other = seen.setdefault(key, number)
            same = view.closure.find(other) == view.closure.find(number)
            _expect(same, classes_are_closed_under_congruence, f"nodes {other} and {number} are congruent")


def no_visible_violation(view: IncrementalView) -> None:
    """No edge of the visible graph joins RED and BLUE, seen from every node to every member of its child's class."""
    table = view.store.nodes
    for number, added in enumerate(view.nodes.added):
        if not added:
            continue
        colour = Colour(table.colour[number])
        for child in table.children_of(number):
            label = view.closure.find(child)
            for member in view.closure.members.get(label, (child,)):
                pair = {colour, Colour(table.colour[member])}
                _expect(pair != {Colour.RED, Colour.BLUE}, no_visible_violation, f"node {number} over {member}")


def masks_are_what_members_and_parents_say(view: IncrementalView) -> None:
    """The mask kept for each class is legal and equals the one computed from its members and their parents."""
    for label, group in view.closure.members.items():
        mask = 0
        for item in group:
            mask |= view.nodes.own_mask(item)
        kept = view.closure.mask[label]
        _expect(kept == mask and mask_is_legal(mask), masks_are_what_members_and_parents_say, f"class {label}")
    _expect(view.visible_violations() == 0, masks_are_what_members_and_parents_say, "a visible violation")


LAWS: tuple[Callable[[IncrementalView], None], ...] = (
    labels_and_members_agree,
    classes_are_closed_under_congruence,
    no_visible_violation,
    masks_are_what_members_and_parents_say,
)


def _expect(holds: bool, law: Callable[[IncrementalView], None], detail: str) -> None:
    if not holds:
        raise InvariantBroken(f"{law.__name__}: {detail}; this is a defect of egraph, please report the log")
