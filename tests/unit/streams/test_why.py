"""Explaining a folded log: names of nodes, the facts behind an answer, and what is withdrawn or blocked."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from egraph.colours import Colour
from egraph.duck.palette import seeded
from egraph.errors import InvariantBroken
from egraph.explain.known import KnownFacts, KnownToView
from egraph.explain.proof import Lemma, Proof
from egraph.explain.terms import printable, term
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from streams.ingest.colouring import Colouring
from streams.runtimes import why as module
from streams.runtimes.node_names import NodeNames, UnclearNode, UnknownNode
from streams.runtimes.why import Explanation, explain
from tests.unit.streams.hand_log import HandLog

NOWHERE = NodeId(b"\xc0" + bytes(15))


def find(log: HandLog, text: str, seed: int = 0) -> NodeId:
    """Give the node that a text names in a log."""
    view = log.folder().view
    return NodeNames(view, KnownToView(view), Colouring(seeded(seed))).node(text)


def leaf(letter: str) -> NodeId:
    """Give the node id of an atom under seed 0."""
    return Colouring().enode(letter, ()).id


def conflict(log: HandLog) -> tuple[NodeId, NodeId]:
    """Append two nodes that no class may hold together: a RED node over the first, and a BLUE second."""
    first, second = node_id("x", Colour.GREEN, ()), node_id("y", Colour.BLUE, ())
    log.append(NodeAdded, operator="x", colour=Colour.GREEN)
    log.append(NodeAdded, operator="y", colour=Colour.BLUE)
    log.append(NodeAdded, operator="r", colour=Colour.RED, children=(first,))
    return first, second


# --- which node is meant


@pytest.mark.parametrize("beginning", ["", "#"])
@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_node_is_found_by_its_id_and_by_the_beginning_of_one(beginning: str, change: Callable[[str], str]) -> None:
    """Somebody who pastes an id from the console, or types its first digits, would be told that it does not exist."""
    log = HandLog()
    node = log.term("(f a)")
    for digits in (4, 7, 31, 32):
        assert find(log, beginning + change(node.hex()[:digits])) == node


def test_a_term_is_meant_where_a_text_could_be_a_term_or_an_id() -> None:
    """Who types a variable's name would get some node whose id happens to begin so."""
    log = HandLog()
    nodes = [log.term(f"v{number}") for number in range(40)]
    digits = nodes[0].hex()[:4]
    named_so = log.term(digits)

    assert find(log, digits) == named_so
    assert find(log, f"#{nodes[0].hex()[:8]}") == nodes[0]
    for letter in "abcdef":
        with pytest.raises(UnknownNode, match="no node"):
            find(log, letter)


def test_a_beginning_that_several_ids_share_is_answered_with_the_candidates() -> None:
    """An explanation of another pair than the one asked for would be believed."""
    log = HandLog()
    nodes = [log.term(f"(f v{number})") for number in range(120)]
    first = sorted(node for node in log.folder().view.store.nodes.ids if node.hex()[0] == nodes[0].hex()[0])
    with pytest.raises(UnclearNode) as caught:
        find(log, "#" + nodes[0].hex()[0])

    head, *lines, last = str(caught.value).splitlines()
    assert head == f"{len(first)} node ids begin with {nodes[0].hex()[0]}; give more digits of one"
    assert [line.split()[0] for line in lines] == [node.hex() for node in first[:10]]
    assert last == f"  and {len(first) - 10} more"


@pytest.mark.parametrize("text", ["(f", "", "  ", "; only a comment", "(= a b)", "#", "#zz", "((f))", "a b", '"open'])
def test_what_names_no_node_is_told_with_what_to_type(text: str) -> None:
    """A typing error would look like an answer about the graph."""
    log = HandLog()
    log.term("(f a)")
    with pytest.raises(UnclearNode, match="give a node id"):
        find(log, text)


@pytest.mark.parametrize("text", ["(f b)", "zzz", "0123456789abcdef", "00000000000000000000000000000000", "#0"])
def test_what_is_not_in_the_log_is_said_to_be_unknown(text: str) -> None:
    """A node that nobody added would be said to be unequal, as if something were known of it."""
    log = HandLog()
    log.term("(f a)")
    with pytest.raises(UnknownNode):
        find(log, text)


def test_terms_have_the_colours_of_their_seed() -> None:
    """A log fed with another seed could not be asked about its own terms."""
    log = HandLog(seed=7)
    texts = [f"({operator} a)" for operator in ("f", "g", "h", "k")]
    nodes = [log.term(text) for text in texts]

    assert [find(log, text, seed=7) for text in texts] == nodes
    assert any(Colouring().enode(text[1], (leaf("a"),)).id not in nodes for text in texts)


def test_nodes_of_another_graph_are_not_there() -> None:
    """Facts that this graph refused would seem to be in it."""
    log = HandLog()
    log.term("(f a)")
    log.graph = "other"
    log.term("(g a)")

    assert find(log, "(f a)")
    with pytest.raises(UnknownNode):
        find(log, "(g a)")


def test_a_node_that_only_an_equality_or_a_parent_names_is_there() -> None:
    """Ids that arrive before their nodes could not be asked about."""
    log = HandLog()
    child, other, third = (NodeId(bytes((0xC0, n)) + bytes(14)) for n in (1, 2, 3))
    log.term(f"(f #{child.hex()})")
    log.equate(child, other, "seen elsewhere")
    gone = log.equate(other, third, "soon withdrawn")
    waiting = log.equate(other, NOWHERE, "comm", premises=[gone])
    log.retract(gone)

    for node in (child, other, NOWHERE):
        assert find(log, f"#{node.hex()}") == node
    assert explain(log.folder(), child.hex(), NOWHERE.hex()).blocked[0].event_id == waiting
    with pytest.raises(UnknownNode):
        find(log, third.hex())


# --- how a node is shown


@pytest.mark.parametrize(
    "text",
    ["a", "(f a)", "(f (g a) b)", '("two words" a)', '"a;b"', '"say \\"no\\" \\\\ twice"', "==", '"#x"', "(λ é)", '""'],
)
def test_a_shown_term_reads_back_as_itself(text: str) -> None:
    """Somebody would copy a term out of an explanation and ask about another node."""
    log = HandLog()
    node = log.term(text)
    view = log.folder().view

    assert find(log, term(KnownToView(view), node)) == node


def test_large_terms_are_cut_and_unknown_ones_are_ids() -> None:
    """One explanation would fill the screen, or fail at a node whose content never came."""
    log = HandLog()
    wide = log.term(f"(w {' '.join(f'v{n}' for n in range(300))})")
    deep = log.term("(a (b (c (d (e f)))))")
    torn = log.term(f"(g #{NOWHERE.hex()})")
    known = KnownToView(log.folder().view)

    assert term(known, wide) == "(w v0 v1 v2 v3 v4 v5 v6 v7 …)"
    assert term(known, deep) == "(a (b (c (d …))))"
    assert term(known, torn) == f"(g #{NOWHERE.hex()})"


def test_no_text_of_the_log_reaches_the_terminal_as_a_command() -> None:
    """A producer could clear an operator's screen, or rewrite what it says, with the name of a node."""
    evil = 'a\x1b[2J\r\n\u202e"b'
    fact = NodeAdded(graph="main", producer="p", sequence=0, hlc=0, operator=evil, colour=Colour.GREEN)
    shown = term(KnownFacts([fact]), node_id(evil, Colour.GREEN, ()))

    assert shown == '"a�[2J���\\"b"'
    assert len(printable("x" * 10_000)) == 80


# --- the explanation


def check_against_log(explanation: Explanation, log: HandLog) -> None:
    """Compare the place of every named fact with where it was put."""
    found = {event: f"{s.position.partition}:{s.position.offset}" for event, s in explanation.sources.items()}
    assert found == {event: log.places[event] for event in found}


def test_an_equality_of_both_kinds_names_its_facts() -> None:
    """Nobody could go to the log and look at what an answer rests on."""
    log = HandLog()
    left, right = log.term("(f a)"), log.term("(f c)")
    first = log.equate(leaf("a"), log.term("b"), "alike", producer="bob", hlc=(1_700_000_000_123 << 16) + 5)
    rule = log.rule("comm")
    second = log.equate(leaf("b"), leaf("c"), "comm", premises=[rule])
    log.equate(left, log.term("d"), "of no matter")
    explanation = explain(log.folder(), "(f a)", right.hex()[:12])

    assert explanation.proof is not None
    assert (explanation.left, explanation.right) == (left, right)
    assert explanation.proof.equalities() == (first, second)
    assert set(explanation.sources) >= {first, second, rule}
    assert len(explanation.sources) == 5, "two equalities, a rule, and the two nodes that are congruent"
    assert (explanation.sources[first].producer, explanation.sources[first].text) == ("bob", "alike")
    assert explanation.sources[first].time == "2023-11-14T22:13:20.123+00:00"
    assert explanation.sources[second].text == "rule comm with x = b"
    assert explanation.sources[second].premises == (rule,)
    assert explanation.sources[rule].text == "rule comm: (f ?x) => ?x"
    check_against_log(explanation, log)


def test_a_fact_that_stands_twice_is_shown_at_its_first_place() -> None:
    """The place shown would change when a producer sends again."""
    log = HandLog()
    event = log.equate(NOWHERE, leaf("a"), "alike")
    (first,) = log.records
    log.records += [first._replace(offset=1), first._replace(partition=2)]
    folder = log.folder()

    assert folder.repetitions == 1
    assert explain(folder, NOWHERE.hex(), leaf("a").hex()).sources[event].position == (0, 0)


def test_a_node_that_another_view_of_the_process_holds_is_not_there() -> None:
    """Nodes of a replica that is ahead would be taken for this one's, or asking would crash."""
    view = HandLog().folder().view
    fact = NodeAdded(graph="main", producer="p", sequence=0, hlc=0, operator="ahead", colour=Colour.GREEN)
    view.store.intern(fact)
    with pytest.raises(UnknownNode):
        NodeNames(view, KnownToView(view), 0).node("#" + node_id("ahead", Colour.GREEN, ()).hex())


def test_the_document_is_json_and_holds_every_fact_and_term_that_it_names() -> None:
    """A program that reads the document would have to look things up elsewhere."""
    log = HandLog()
    log.term("(f a)"), log.term("(f b)")
    log.equate(leaf("a"), leaf("b"), "alike")
    document = json.loads(json.dumps(explain(log.folder(), "(f a)", "(f b)").document()))
    steps = [step for lemma in document["proof"]["lemmas"] for step in lemma["steps"]]

    assert (document["equal"], document["checked"], document["blocked"]) == (True, True, [])
    assert {step["by"] for step in steps} == {"asserted", "congruence"}
    for step in steps:
        named = [step["event"]] if step["by"] == "asserted" else [step["left_added"], step["right_added"]]
        assert set(named) <= set(document["facts"])
        assert {step["left"], step["right"]} <= set(document["terms"])
    assert document["terms"][document["left"]] == "(f a)"
    assert {"partition", "offset", "producer", "hlc", "time", "text", "premises", "retracted_by"} == set(
        next(iter(document["facts"].values()))
    )


def test_a_quarantined_equality_is_named_with_what_it_conflicts_with() -> None:
    """A user would not learn whose statement stands against theirs."""
    log = HandLog()
    x, y = conflict(log)
    z = log.term("z")
    log.equate(x, z, "first")
    bad = log.equate(z, y, "later", producer="eve")
    explanation = explain(log.folder(), x.hex(), y.hex())
    (blocked,) = explanation.blocked

    assert explanation.proof is None
    assert (blocked.event_id, blocked.state) == (bad, "quarantined")
    assert set(blocked.because) <= set(explanation.sources)
    assert explanation.sources[bad].producer == "eve"
    assert explanation.document()["checked"] is False
    check_against_log(explanation, log)


def test_a_suspended_equality_is_named_with_its_premise_and_who_withdrew_it() -> None:
    """A user would not learn whom to ask why two nodes fell apart."""
    log = HandLog()
    log.term("a"), log.term("b")
    rule = log.rule("comm")
    waits = log.equate(leaf("a"), leaf("b"), "comm", premises=[rule])
    assert explain(log.folder(), "a", "b").proof is not None
    later = log.retract(rule, "also wrong", producer="eve")
    earlier = log.retract(rule, "wrong", producer="bob", hlc=1)
    explanation = explain(log.folder(), "a", "b")
    (blocked,) = explanation.blocked

    assert (blocked.event_id, blocked.state, blocked.because) == (waits, "suspended", (rule,))
    assert explanation.sources[rule].retracted_by == earlier
    assert explanation.sources[earlier].text == "wrong"
    assert later not in explanation.sources
    assert explanation.sources[waits].retracted_by is None
    check_against_log(explanation, log)


def test_a_premise_that_never_came_is_no_fact_of_the_explanation() -> None:
    """Asking why would fail on a log whose premise is still under way."""
    log = HandLog()
    log.term("a"), log.term("b")
    never = HandLog().rule("never")
    log.equate(leaf("a"), leaf("b"), "comm", premises=[never])
    (blocked,) = (explanation := explain(log.folder(), "a", "b")).blocked

    assert blocked.because == (never,)
    assert never not in explanation.sources


def test_after_a_retraction_nothing_is_known() -> None:
    """What somebody took back would still be held against the two nodes."""
    log = HandLog()
    log.term("a"), log.term("b")
    event = log.equate(leaf("a"), leaf("b"), "alike")
    assert explain(log.folder(), "a", "b").proof is not None
    log.retract(event)
    explanation = explain(log.folder(), "a", "b")

    assert (explanation.proof, explanation.blocked, dict(explanation.sources)) == (None, (), {})


def test_the_latest_clock_there_can_be_is_shown() -> None:
    """One producer with a mad clock would make its facts impossible to explain."""
    log = HandLog()
    event = log.equate(log.term("a"), log.term("b"), "alike", hlc=(1 << 63) - 1)

    assert explain(log.folder(), "a", "b").sources[event].time == "6429-10-17T02:45:55.326+00:00"


@pytest.mark.parametrize("wrong", ["step", "claim"])
def test_a_proof_that_is_wrong_is_never_shown(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """A defect of the prover would be printed as checked."""
    log = HandLog()
    log.term("a"), log.term("b"), log.term("c")
    log.equate(leaf("a"), leaf("b"), "alike")
    log.equate(leaf("b"), leaf("c"), "alike")
    right = explain(log.folder(), "a", "c").proof
    assert right is not None
    (lemma,) = right.lemmas
    forged = {
        "step": Proof((replace(lemma, steps=lemma.steps[1:]),)),
        "claim": Proof((Lemma(leaf("a"), leaf("b"), lemma.steps[:1]),)),
    }
    monkeypatch.setattr(module, "why", lambda *_: forged[wrong])
    with pytest.raises(InvariantBroken, match="refuses the proof"):
        explain(log.folder(), "a", "c")


def test_a_proof_may_not_rest_on_an_equality_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of every answer would pass what the colour rule forbids, or what was withdrawn."""
    log = HandLog()
    x, y = conflict(log)
    log.equate(x, y, "breaks the rule")
    folder = log.folder()
    (bad,) = folder.view.quarantined()
    equality = KnownToView(folder.view).equality(bad)
    step = module.Asserted(bad, equality.left, equality.right, forward=True)
    monkeypatch.setattr(module, "why", lambda *_: Proof((Lemma(x, y, (step,)),)))
    with pytest.raises(InvariantBroken, match="no equality that counts"):
        explain(folder, x.hex(), y.hex())


# --- sizes


def tower(log: HandLog, ground: str, levels: int) -> NodeId:
    """Append f(f(...f(ground)))."""
    return log.term("(f " * levels + ground + ")" * levels)


def test_ten_thousand_levels_are_explained() -> None:
    """Generated code, or a term fed by a loop, would end in a recursion error."""
    log = HandLog()
    left, right = tower(log, "a", 10_000), tower(log, "b", 10_000)
    log.equate(leaf("a"), leaf("b"), "alike")
    explanation = explain(log.folder(), "(f " * 10_000 + "a" + ")" * 10_000, right.hex())

    assert explanation.left == left
    assert explanation.proof is not None
    assert len(explanation.proof.lemmas) == 10_001


def test_fifty_thousand_steps_are_explained() -> None:
    """A long chain of corrections would overflow, or take so long that nobody waits for it."""
    log = HandLog()
    steps = 50_000
    ids = [NodeId(b"\xc0" + number.to_bytes(15, "big")) for number in range(steps + 1)]
    for left, right in pairwise(ids):
        log.equate(left, right, "next")
    explanation = explain(log.folder(), ids[0].hex(), ids[-1].hex())

    assert explanation.proof is not None
    assert explanation.proof.size == (steps, steps)
