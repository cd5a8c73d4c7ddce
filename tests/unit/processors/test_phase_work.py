"""The work of the roles on a small log: rules applied, proofs checked, shares that make a whole."""

from dataclasses import replace
from itertools import count

import pytest

from egraph.derive.check import Checker
from egraph.derive.proof import ByRule
from egraph.derive.verdict import Sound
from egraph.derive.verify import HeldByView
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, RuleAdded
from egraph.identifiers import EventId, NodeId, node_id
from egraph.reference import ReferenceView
from schemas.codec import decode_fact
from schemas.records import Phase
from streams.processors.phase_work import RoleWork
from streams.processors.phases import Findings, Share
from tests.unit.processors.small_log import ENVELOPE, GREEN, ORDER, WHOLE, Log


def test_what_the_rules_say_is_found_with_proofs_that_a_stranger_accepts() -> None:
    """Agents would publish equalities that GREEN ones withdraw, or none at all."""
    log = Log()
    a, b, zero = log.node("a"), log.node("b"), log.node("zero")
    ab, ba, zero_a = log.node("f", a, b), log.node("f", b, a), log.node("f", zero, a)
    log.rules()

    found = log.find()

    assert {frozenset((item.left, item.right)) for item in found.equalities} == {
        frozenset((ab, ba)), frozenset((zero_a, a)),
    }  # fmt: skip
    assert found.reason == "saturated"
    for item in found.equalities:
        fact = log.publish(item)
        assert isinstance(fact, EqualityAsserted)
        assert isinstance(Checker(HeldByView(log.folder.view)).check(fact), Sound)
    assert log.same(ab, ba)
    assert log.same(zero_a, a)
    assert log.find().equalities == (), "what is known is not derived again"


def test_equalities_that_hold_are_built_upon_and_named() -> None:
    """A consequence of a statement would outlive the statement, or not be found."""
    log = Log()
    a, zero, other = log.node("a"), log.node("zero"), log.node("nothing")
    sum_ = log.node("f", a, other)
    stated = log.equate(other, zero)
    rules = {fact.name: fact.event_id for fact in log.rules() if isinstance(fact, RuleAdded)}

    (item,) = log.find().equalities

    assert {item.left, item.right} == {sum_, a}
    assert set(item.why.premises) == {stated.event_id, rules["drop-zero"]}


def test_a_class_known_through_a_node_that_never_came_is_used() -> None:
    """Two nodes equal to a missing one would not be seen as equal, or the work would end with an error."""
    log = Log()
    a, zero, other = log.node("a"), log.node("zero"), log.node("nothing")
    missing = node_id("missing", GREEN, ())
    sum_ = log.node("f", a, other)
    log.equate(other, missing)
    log.equate(missing, zero)
    log.rules()

    (item,) = log.find().equalities

    assert {item.left, item.right} == {sum_, a}
    assert len(item.why.premises) == 3


def test_what_follows_far_below_the_rules_is_proved_and_not_said_again() -> None:
    """Equalities of nodes that no rule names would not count, or be published anew in every cycle, for ever."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    deep = [log.node("h", log.node("h", log.node("g", leaf))) for leaf in (a, b)]
    top = log.node("f", *deep)
    stated = log.equate(a, b)
    log.rules("(rewrite same (f ?x ?x) ?x)")

    (item,) = log.find().equalities

    assert top in (item.left, item.right)
    assert stated.event_id in item.why.premises
    fact = log.publish(item)
    assert isinstance(fact, EqualityAsserted)
    assert isinstance(Checker(HeldByView(log.folder.view)).check(fact), Sound)
    assert log.find().equalities == ()
    assert log.same(top, deep[1])


def test_a_checking_task_leaves_the_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread would decide equalities in the view that its agent folds into at the same time."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    log.node("f", a, b)
    log.node("f", b, a)
    log.rules()
    (item,) = log.find().equalities
    log.publish(item)
    view = log.folder.view
    task = RoleWork().prepare(replace(ORDER, phase=Phase.VERIFY), view, WHOLE).task
    settled: list[str] = []
    monkeypatch.setattr(view, "settle", lambda: settled.append("in the task"))

    assert task().checked == 1

    assert settled == []


def test_a_proof_that_cannot_be_judged_yet_is_judged_later() -> None:
    """A forged proof would pass for checked because a fact was late."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    log.node("f", a, b)
    log.node("f", b, a)
    log.rules()
    (item,) = log.find().equalities
    work = RoleWork()
    order = replace(ORDER, phase=Phase.VERIFY)
    hidden = item.why.premises[0]
    log.publish(item)
    number = log.folder.log.store.column.index().pop(hidden)

    def checked() -> int:
        found = work.prepare(order, log.folder.view, WHOLE).task()
        assert found.refusals == ()
        return int(found.checked)

    assert checked() == 1
    log.folder.log.store.column.index()[hidden] = number
    assert checked() == 1, "it was not judged before"
    assert checked() == 0


def test_backfill_takes_apart_and_undoes() -> None:
    """Both roles would do the same, or a rule would be nobody's."""
    log = Log()
    a, zero = log.node("a"), log.node("zero")
    log.node("f", a, zero)
    log.node("f", zero, a)
    double, twice = log.node("double", a), log.node("f", a, a)
    log.rules()

    backward = log.find(Phase.BACKFILL)

    assert {frozenset((item.left, item.right)) for item in backward.equalities} == {
        frozenset((double, twice)), frozenset((node_id("f", GREEN, (a, zero)), a)),
    }, "the backward half of unfold, and drop-zero; commutes is not among them"  # fmt: skip
    assert len(log.find(Phase.LIVE).equalities) == 3


def test_backfill_reads_rules_backward_and_a_stranger_accepts_it() -> None:
    """What only inverses find would never be known, or GREEN agents would withdraw what BLUE ones publish."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    left, right = log.node("f", b, a), log.node("g", a, b)
    rules = log.rules("(rewrite one (m ?x ?y) (f ?y ?x)) (rewrite two (m ?x ?y) (g ?x ?y))")
    assert log.find(Phase.LIVE).equalities == (), "no node matches the rules forward"

    (item,) = log.find(Phase.BACKFILL).equalities

    assert {item.left, item.right} == {left, right}
    assert set(item.why.premises) == {rule.event_id for rule in rules}
    steps = [step for lemma in item.why.proof.lemmas for step in lemma.steps]
    assert [step.forward for step in steps if isinstance(step, ByRule)] == [False, True]
    fact = log.publish(item)
    assert isinstance(fact, EqualityAsserted)
    assert isinstance(Checker(HeldByView(log.folder.view)).check(fact), Sound)
    assert log.same(left, right)
    assert log.find(Phase.BACKFILL).equalities == (), "what is known is not derived again"
    log.add(FactRetracted(**ENVELOPE, target=rules[0].event_id, why="no"))
    assert not log.same(left, right)
    never = ReferenceView([item for item in log.facts if item != rules[0]])
    assert log.folder.view.view_digest() == never.view_digest()


def test_withdrawing_a_rule_leaves_the_view_as_if_it_had_never_been() -> None:
    """Consequences of a wrong rule would stay for ever, or take innocent facts with them."""
    log, without = Log(), Log()
    for each in (log, without):
        a, b, zero = each.node("a"), each.node("b"), each.node("zero")
        ab, ba, a_zero = each.node("f", a, b), each.node("f", b, a), each.node("f", a, zero)
    rules = {fact.name: fact for fact in log.rules() if isinstance(fact, RuleAdded)}
    for item in log.find().equalities:
        log.publish(item)
    assert log.same(ab, ba)
    assert log.same(a_zero, a)

    log.add(FactRetracted(**ENVELOPE, target=rules["commutes"].event_id, why="no"))

    assert not log.same(ab, ba)
    assert log.same(a_zero, a), "the other rule still holds"
    for rule in (rules["unfold-forward"], rules["unfold-backward"], rules["drop-zero"]):
        log.add(FactRetracted(**ENVELOPE, target=rule.event_id, why="no"))
    view = log.folder.view
    assert [view.class_of(node) for node in (a, b, zero, ab, ba, a_zero)] == [a, b, zero, ab, ba, a_zero]
    assert view.accepted() == ()
    judge = ReferenceView(log.facts)
    assert view.view_digest() == judge.view_digest()


def test_the_verifier_withdraws_what_its_proof_does_not_carry() -> None:
    """A forged or mistaken derivation would count on every agent, for as long as the log stands."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    log.node("f", a, b)
    log.node("f", b, a)
    log.rules()
    (item,) = log.find().equalities
    good = log.publish(item)
    forged = log.publish(item._replace(left=a, right=b))

    found = log.find(Phase.VERIFY)

    assert [refusal.event_id for refusal in found.refusals] == [forged.event_id]
    assert found.checked == 2
    assert "other-claim" in found.refusals[0].why or "broken-chain" in found.refusals[0].why, found.refusals[0].why
    assert good.event_id not in {refusal.event_id for refusal in found.refusals}


def test_shares_of_a_check_make_the_whole() -> None:
    """A derived equality would be checked by nobody."""
    log = Log()
    leaves = [log.node(letter) for letter in "abcde"]
    for left in leaves:
        for right in leaves:
            log.node("f", left, right)
    log.rules("(rewrite commutes (f ?x ?y) (f ?y ?x))")
    for item in log.find().equalities:
        log.publish(item._replace(right=leaves[0]))  # all of them forged
    quarantined = len(log.folder.view.quarantined())
    assert quarantined == 0

    shares = [log.find(Phase.VERIFY, Share(k, 3)) for k in range(3)]

    derived = {fact.event_id for fact in log.facts if isinstance(fact, EqualityAsserted)}
    refused = [refusal.event_id for share in shares for refusal in share.refusals]
    assert len(derived) == 10
    assert sorted(refused) == sorted(derived)
    assert sum(share.checked for share in shares) == 10


def test_limits_stop_the_work_and_are_told() -> None:
    """A rule that grows without end would take an agent's memory, or its report would call that saturated."""
    log = Log()
    a = log.node("a")
    log.node("g", a)
    log.rules("(rewrite grow (g ?x) (g (s ?x)))")

    assert log.find(rounds=3).reason == "round limit"
    assert log.find(nodes=4).reason == "node limit"
    assert log.find(matches=2).reason == "match limit"
    assert log.find(rounds=-5, nodes=-5, matches=-5).reason.endswith("limit"), "a hostile order is an order for nothing"
    assert log.find(nodes=2**62, rounds=2).rounds == 2


def test_each_rule_has_its_profile_and_the_clock_decides_nothing() -> None:
    """A report would not add up and be refused, or agents with other clocks would publish other findings."""
    log = Log()
    a, b, zero = log.node("a"), log.node("b"), log.node("zero")
    log.node("f", a, b), log.node("f", zero, a)
    log.rules()
    ticks = count()

    untimed = log.find()
    timed = RoleWork(clock=lambda: float(next(ticks))).prepare(ORDER, log.folder.view, WHOLE).task()

    assert {item.rule for item in untimed.rules} >= {"commutes", "drop-zero"}
    assert sum(item.matches for item in untimed.rules) == untimed.matches > 0
    by_name = {item.rule: item for item in untimed.rules}
    assert by_name["drop-zero"].unions >= 1
    assert by_name["commutes"].candidates >= by_name["commutes"].matches >= by_name["commutes"].nodes >= 1
    assert {item.time_us for item in untimed.rules} == {0}
    assert all(item.time_us > 0 for item in timed.rules)
    assert replace(timed, rules=tuple(replace(item, time_us=0) for item in timed.rules)) == untimed


def test_without_rules_there_is_nothing_to_do() -> None:
    """The compiler would be loaded, which takes seconds, in a system without rules."""
    log = Log()
    log.node("a")
    assert log.find() == Findings(reason="no rules")


def test_rules_that_nobody_can_read_are_passed_over() -> None:
    """One bad RuleAdded from anybody would stop the saturation of all."""
    log = Log()
    a, b = log.node("a"), log.node("b")
    log.node("f", a, b)
    log.node("f", b, a)
    log.add(RuleAdded(**ENVELOPE, name="bad", pattern="(f ?x", replacement="?y"))
    log.rules()

    assert len(log.find().equalities) == 1


def test_findings_are_the_same_whatever_came_first() -> None:
    """Agents of one role would publish shares of different wholes: some equalities twice, some never."""
    whole: list[tuple[tuple[NodeId, NodeId], ...]] = []
    for order in (1, -1):
        log = Log()
        a, b, zero = log.node("a"), log.node("b"), log.node("zero")
        pairs = [(a, b), (b, a), (zero, a), (zero, b), (b, zero)]
        for left, right in pairs[::order]:
            log.node("f", left, right)
        log.rules()
        whole.append(tuple((item.left, item.right) for item in log.find().equalities))
    assert whole[0] == whole[1]
    assert len(whole[0]) == 4


def why_of(fact: Fact) -> Derived:
    """Give why a derived equality holds."""
    assert isinstance(fact, EqualityAsserted)
    assert isinstance(fact.why, Derived)
    return fact.why


def test_what_is_published_reads_back_with_its_proof() -> None:
    """Agents that read it from the log would see another proof than the one that was checked."""
    log = Log()
    a, zero = log.node("a"), log.node("zero")
    log.node("f", a, zero)
    log.rules()
    (item,) = log.find().equalities
    fact = log.publish(item)

    again = decode_fact(log.folder.log.raws[-1])

    assert again == fact
    assert why_of(fact).proof == item.why.proof
    assert fact.event_id != EventId(bytes(16))
