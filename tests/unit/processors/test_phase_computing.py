"""Computed rules on a small log: constants with proofs, new ones published, all of it withdrawn with the rule."""

from egraph.colours import Colour
from egraph.derive.check import Checker
from egraph.derive.verdict import Sound
from egraph.derive.verify import HeldByView
from egraph.facts import EqualityAsserted, Fact, FactRetracted, RuleAdded
from egraph.identifiers import node_id
from egraph.reference import ReferenceView
from tests.unit.processors.small_log import ENVELOPE, GREEN, Log

COMPUTED = "(compute ints add mul neg :by int/1)"


def all_sound(log: Log, facts: list[Fact]) -> bool:
    """Tell whether a stranger accepts these derived equalities."""
    checker = Checker(HeldByView(log.folder.view))
    verdicts = [checker.check(fact) for fact in facts if isinstance(fact, EqualityAsserted)]
    return len(verdicts) == len(facts) and all(isinstance(verdict, Sound) for verdict in verdicts)


def test_constants_are_computed_with_a_proof_and_new_ones_are_published() -> None:
    """Agents would not fold, say so without a proof, or equate nodes with a constant that nobody can look up."""
    log = Log()
    one, two = log.node("1"), log.node("2")
    total = log.node("add", one, two)
    (rule,) = log.rules(COMPUTED)

    found = log.find()

    assert [(leaf.operator, leaf.colour) for leaf in found.leaves] == [("3", GREEN)]
    (item,) = found.equalities
    three = node_id("3", GREEN, ())
    assert {item.left, item.right} == {total, three}
    assert (item.why.rule, item.why.premises) == ("ints", (rule.event_id,))
    assert item.why.substitution == (("1", one), ("2", two))
    assert all_sound(log, log.publish_all(found))
    assert log.same(total, three)
    again = log.find()
    assert (again.equalities, again.leaves) == ((), ()), "what is known is not derived again"


def test_computing_goes_through_terms_that_nobody_wrote_and_through_classes() -> None:
    """Folding would stop at the first operator, or miss a constant behind an equality or another rule."""
    log = Log()
    one, two, x, zero = log.node("1"), log.node("2"), log.node("x"), log.node("0")
    inner = log.node("add", one, two)
    outer = log.node("mul", inner, x)
    twice = log.node("double", outer)
    useless = log.node("neg", log.node("add", log.node("y"), zero))
    stated = log.equate(x, two)
    rules = log.rules(COMPUTED + "(rewrite twice (double ?x) (add ?x ?x)) (rewrite zero (add ?x 0) ?x)")

    found = log.find()

    assert {leaf.operator for leaf in found.leaves} == {"3", "6", "12"}, "one for each class, none for terms between"
    published = log.publish_all(found)
    assert all_sound(log, published)
    three, six, twelve = (node_id(number, GREEN, ()) for number in ("3", "6", "12"))
    assert log.same(inner, three)
    assert log.same(outer, six)
    assert log.same(twice, twelve)
    assert not log.same(useless, zero)
    assert log.find().equalities == ()
    log.add(FactRetracted(**ENVELOPE, target=stated.event_id, why="no"))
    assert log.same(inner, three)
    assert not log.same(outer, six), "it rested on x = 2"
    assert log.same(useless, useless)
    assert len(rules) == 3


def test_a_constant_that_is_there_is_taken_whatever_its_colour() -> None:
    """An expression would equal a constant that occurs nowhere, and not the one that the input writes."""
    for held, colours in (((Colour.RED,), "RED"), ((Colour.RED, Colour.BLUE), "GREEN"), ((), "GREEN"),
                          ((Colour.BLUE, Colour.GREEN), "GREEN")):  # fmt: skip
        log = Log()
        for colour in held:
            log.node("3", colour=colour)
        total = log.node("add", log.node("1", colour=Colour.RED), log.node("2"))
        log.rules(COMPUTED)

        found = log.find()

        (item,) = found.equalities
        chosen = node_id("3", Colour[colours], ())
        assert {item.left, item.right} == {total, chosen}, held
        assert bool(found.leaves) == (Colour[colours] not in held)
        assert all_sound(log, log.publish_all(found))
        assert log.find().equalities == ()


def test_a_constant_whose_node_got_lost_is_published_later() -> None:
    """An agent that ends between two facts would leave an equality with a constant that nobody can look up."""
    log = Log()
    total = log.node("add", log.node("1"), log.node("2"))
    log.rules(COMPUTED)
    (item,) = log.find().equalities
    log.publish(item)

    found = log.find()

    assert found.equalities == ()
    assert [leaf.operator for leaf in found.leaves] == ["3"]
    log.publish_all(found)
    assert log.find().leaves == ()
    assert log.same(total, node_id("3", GREEN, ()))


def test_withdrawing_a_computed_rule_withdraws_its_consequences_and_no_others() -> None:
    """A constant computed by a withdrawn rule would stay for ever, or take what another rule says with it."""
    log = Log()
    one, two, three = log.node("1"), log.node("2"), log.node("3")
    total, turned = log.node("add", one, two), log.node("add", two, one)
    rule, other = log.rules(COMPUTED + "(rewrite commutes (add ?x ?y) (add ?y ?x))")[::-1]
    assert isinstance(rule, RuleAdded)
    assert rule.name == "ints"
    log.publish_all(log.find())
    assert log.same(total, three)
    assert log.same(turned, three)

    log.add(FactRetracted(**ENVELOPE, target=rule.event_id, why="no"))

    assert not log.same(total, three)
    assert log.find().leaves == ()
    log.publish_all(log.find())
    assert log.same(total, turned), "the next saturation derives again what has another proof"
    never = ReferenceView([fact for fact in log.facts if fact != rule])
    assert log.folder.view.view_digest() == never.view_digest()
    log.add(FactRetracted(**ENVELOPE, target=other.event_id, why="no"))
    view = log.folder.view
    assert [view.class_of(node) for node in (total, turned, three)] == [total, turned, three]


def test_constants_that_contradict_each_other_are_left_alone() -> None:
    """From one false statement agents would compute every number there is."""
    log = Log()
    one, two = log.node("1"), log.node("2")
    log.node("add", one, one)
    log.equate(one, two)
    log.rules(COMPUTED)

    found = log.find()

    assert (found.equalities, found.leaves) == ((), ())
