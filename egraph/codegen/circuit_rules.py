"""Identities of quantum circuits, in the terms of circuits.py.

EXACT: both sides have the same unitary. UP_TO_PHASE: the same up to a factor of length 1 for the whole circuit, which
no measurement shows; gates here are never controlled by another circuit, so a rule may apply anywhere inside.
Belongs here: rules that are true. Tests multiply the matrices of both sides for every choice of qubits.
"""

from enum import Enum
from fractions import Fraction
from itertools import product

from egraph.codegen.circuits import ANGLE, GATES, MINUS, PLUS
from egraph.rules.conditions import NotEqual
from egraph.rules.dsl import op, rewrite, rule_set, variables
from egraph.rules.patterns import Pattern
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import Rule, RuleSet

EXACT = """
; gates that undo one another
(rewrite h-h (h ?a (h ?a ?r)) ?r)
(rewrite x-x (x ?a (x ?a ?r)) ?r)
(rewrite y-y (y ?a (y ?a ?r)) ?r)
(rewrite z-z (z ?a (z ?a ?r)) ?r)
(rewrite s-sdg (s ?a (sdg ?a ?r)) ?r)
(rewrite sdg-s (sdg ?a (s ?a ?r)) ?r)
(rewrite t-tdg (t ?a (tdg ?a ?r)) ?r)
(rewrite tdg-t (tdg ?a (t ?a ?r)) ?r)
(rewrite cx-cx (cx ?a ?b (cx ?a ?b ?r)) ?r)
(rewrite cz-cz (cz ?a ?b (cz ?a ?b ?r)) ?r)
(rewrite swap-swap (swap ?a ?b (swap ?a ?b ?r)) ?r)
(rewrite ccx-ccx (ccx ?a ?b ?c (ccx ?a ?b ?c ?r)) ?r)
; square roots
(rewrite t-t (t ?a (t ?a ?r)) (s ?a ?r))
(rewrite s-s (s ?a (s ?a ?r)) (z ?a ?r))
(rewrite sx-sx (sx ?a (sx ?a ?r)) (x ?a ?r))
; rotations merge
(rewrite rx-rx (rx ?u ?a (rx ?v ?a ?r)) (rx (angle-plus ?u ?v) ?a ?r))
(rewrite ry-ry (ry ?u ?a (ry ?v ?a ?r)) (ry (angle-plus ?u ?v) ?a ?r))
(rewrite rz-rz (rz ?u ?a (rz ?v ?a ?r)) (rz (angle-plus ?u ?v) ?a ?r))
(rewrite p-p (p ?u ?a (p ?v ?a ?r)) (p (angle-plus ?u ?v) ?a ?r))
(rewrite rx-0 (rx angle:0 ?a ?r) ?r)
(rewrite ry-0 (ry angle:0 ?a ?r) ?r)
(rewrite rz-0 (rz angle:0 ?a ?r) ?r)
(rewrite p-0 (p angle:0 ?a ?r) ?r)
(birewrite z-as-p (z ?a ?r) (p angle:1 ?a ?r))
(birewrite s-as-p (s ?a ?r) (p angle:1/2 ?a ?r))
(birewrite sdg-as-p (sdg ?a ?r) (p angle:-1/2 ?a ?r))
(birewrite t-as-p (t ?a ?r) (p angle:1/4 ?a ?r))
(birewrite tdg-as-p (tdg ?a ?r) (p angle:-1/4 ?a ?r))
; angles are sums of real numbers
(rewrite plus-commutes (angle-plus ?u ?v) (angle-plus ?v ?u))
(birewrite plus-associates (angle-plus (angle-plus ?u ?v) ?w) (angle-plus ?u (angle-plus ?v ?w)))
(rewrite plus-0 (angle-plus ?u angle:0) ?u)
(rewrite plus-minus (angle-plus ?u (angle-minus ?u)) angle:0)
(rewrite minus-minus (angle-minus (angle-minus ?u)) ?u)
; conjugation
(rewrite h-x-h (h ?a (x ?a (h ?a ?r))) (z ?a ?r))
(rewrite h-z-h (h ?a (z ?a (h ?a ?r))) (x ?a ?r))
(rewrite h-rx-h (h ?a (rx ?u ?a (h ?a ?r))) (rz ?u ?a ?r))
(rewrite h-rz-h (h ?a (rz ?u ?a (h ?a ?r))) (rx ?u ?a ?r))
(rewrite x-rz-x (x ?a (rz ?u ?a (x ?a ?r))) (rz (angle-minus ?u) ?a ?r))
(rewrite z-rx-z (z ?a (rx ?u ?a (z ?a ?r))) (rx (angle-minus ?u) ?a ?r))
; two qubits
(rewrite cz-symmetric (cz ?a ?b ?r) (cz ?b ?a ?r))
(rewrite swap-symmetric (swap ?a ?b ?r) (swap ?b ?a ?r))
(birewrite cz-as-cx (cz ?a ?b ?r) (h ?b (cx ?a ?b (h ?b ?r))))
(birewrite swap-as-cx (swap ?a ?b ?r) (cx ?a ?b (cx ?b ?a (cx ?a ?b ?r))))
(rewrite cx-turned (h ?a (h ?b (cx ?a ?b (h ?a (h ?b ?r))))) (cx ?b ?a ?r))
; through the control of a cx
(birewrite control-z (z ?a (cx ?a ?b ?r)) (cx ?a ?b (z ?a ?r)))
(birewrite control-p (p ?u ?a (cx ?a ?b ?r)) (cx ?a ?b (p ?u ?a ?r)))
(birewrite control-rz (rz ?u ?a (cx ?a ?b ?r)) (cx ?a ?b (rz ?u ?a ?r)))
(birewrite control-x (x ?a (cx ?a ?b ?r)) (cx ?a ?b (x ?a (x ?b ?r))))
; through its target
(birewrite target-x (x ?b (cx ?a ?b ?r)) (cx ?a ?b (x ?b ?r)))
(birewrite target-rx (rx ?u ?b (cx ?a ?b ?r)) (cx ?a ?b (rx ?u ?b ?r)))
(birewrite target-z (z ?b (cx ?a ?b ?r)) (cx ?a ?b (z ?a (z ?b ?r))))
; past one another
(rewrite one-control (cx ?a ?b (cx ?a ?c ?r)) (cx ?a ?c (cx ?a ?b ?r)))
(rewrite one-target (cx ?a ?c (cx ?b ?c ?r)) (cx ?b ?c (cx ?a ?c ?r)))
(birewrite rz-cz (rz ?u ?a (cz ?a ?b ?r)) (cz ?a ?b (rz ?u ?a ?r)))
"""

UP_TO_PHASE = """
(birewrite y-as-xz (y ?a ?r) (x ?a (z ?a ?r)))
(rewrite h-y-h (h ?a (y ?a (h ?a ?r))) (y ?a ?r))
(birewrite p-as-rz (p ?u ?a ?r) (rz ?u ?a ?r))
(birewrite x-as-rx (x ?a ?r) (rx angle:1 ?a ?r))
(birewrite y-as-ry (y ?a ?r) (ry angle:1 ?a ?r))
(birewrite sx-as-rx (sx ?a ?r) (rx angle:1/2 ?a ?r))
(rewrite rx-2 (rx angle:2 ?a ?r) ?r)
(rewrite ry-2 (ry angle:2 ?a ?r) ?r)
(rewrite rz-2 (rz angle:2 ?a ?r) ?r)
"""


class Phase(Enum):
    """What the rules keep: the unitary, or the unitary up to a global phase."""

    EXACT = "exact"
    UP_TO_PHASE = "up to phase"


def circuit_rules(phase: Phase) -> RuleSet:
    """Give the identities of gates and of sums of angles. They need not end: set limits."""
    return read_rules(EXACT + (UP_TO_PHASE if phase is Phase.UP_TO_PHASE else ""))


def angle_rules(denominator: int) -> RuleSet:
    """Give the sums and negatives of all multiples of pi/denominator, modulo 4 pi, as literals in (-2 pi, 2 pi].

    True for rx, ry, rz and p, which come back after 4 pi. There are 16 * denominator^2 sums.
    """
    values = [Fraction(place, denominator) for place in range(1 - 2 * denominator, 2 * denominator + 1)]
    plus, minus = op(PLUS), op(MINUS)
    sums = (rewrite(plus(_angle(a), _angle(b)), to=_angle(a + b), name=f"{a}+{b}") for a in values for b in values)
    return rule_set([*sums, *(rewrite(minus(_angle(a)), to=_angle(-a), name=f"-({a})") for a in values)])


def commuting_rules() -> RuleSet:
    """Give, for each two gates on one qubit each, that they may change places on different qubits."""
    names = sorted(name for name, gate in GATES.items() if gate.qubits == 1)
    return rule_set(_commuting(outer, inner) for outer, inner in product(names, repeat=2))


def _commuting(outer: str, inner: str) -> Rule:
    a, b, rest, u, v = variables("a b r u v")
    first = (u, a) if GATES[outer].angles else (a,)
    second = (v, b) if GATES[inner].angles else (b,)
    left, right = op(outer)(*first, op(inner)(*second, rest)), op(inner)(*second, op(outer)(*first, rest))
    return rewrite(left, to=right, name=f"{outer} past {inner}", when=[NotEqual(a, b)])


def _angle(value: Fraction) -> Pattern:
    reduced = value % 4
    return op(f"{ANGLE}{reduced - 4 if reduced > 2 else reduced}")()
