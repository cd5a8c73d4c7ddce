"""Identities of 64-bit integers, in the operators of llvm.py.

Belongs here: rules that are true for all operands. Tests check each one: at widths of 3 and 4 bits for all operands,
at 64 bits for edge values and random ones.
"""

from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet

SIMPLIFYING = """
(rewrite add-zero (add ?x int:0) ?x)
(rewrite sub-zero (sub ?x int:0) ?x)
(rewrite sub-self (sub ?x ?x) int:0)
(rewrite zero-sub (sub int:0 ?x) (neg ?x))
(rewrite neg-neg (neg (neg ?x)) ?x)
(rewrite add-neg (add ?x (neg ?y)) (sub ?x ?y))
(rewrite sub-neg (sub ?x (neg ?y)) (add ?x ?y))
(rewrite sub-first (sub (add ?x ?y) ?x) ?y)
(rewrite sub-second (sub (add ?x ?y) ?y) ?x)
(rewrite add-back (add (sub ?x ?y) ?y) ?x)
(rewrite mul-one (mul ?x int:1) ?x)
(rewrite mul-zero (mul ?x int:0) int:0)
(rewrite mul-minus-one (mul ?x int:-1) (neg ?x))
(rewrite mul-2 (mul ?x int:2) (shl ?x int:1))
(rewrite mul-4 (mul ?x int:4) (shl ?x int:2))
(rewrite mul-8 (mul ?x int:8) (shl ?x int:3))
(rewrite not-not (not (not ?x)) ?x)
(rewrite and-self (and ?x ?x) ?x)
(rewrite and-zero (and ?x int:0) int:0)
(rewrite and-ones (and ?x int:-1) ?x)
(rewrite or-self (or ?x ?x) ?x)
(rewrite or-zero (or ?x int:0) ?x)
(rewrite or-ones (or ?x int:-1) int:-1)
(rewrite xor-self (xor ?x ?x) int:0)
(rewrite xor-zero (xor ?x int:0) ?x)
(rewrite xor-ones (xor ?x int:-1) (not ?x))
(rewrite and-not-self (and ?x (not ?x)) int:0)
(rewrite or-not-self (or ?x (not ?x)) int:-1)
(rewrite absorb-and (and ?x (or ?x ?y)) ?x)
(rewrite absorb-or (or ?x (and ?x ?y)) ?x)
(rewrite shl-zero (shl ?x int:0) ?x)
(rewrite lshr-zero (lshr ?x int:0) ?x)
(rewrite ashr-zero (ashr ?x int:0) ?x)
(rewrite zero-shl (shl int:0 ?x) int:0)
(rewrite eq-self (eq ?x ?x) int:1)
(rewrite ne-self (ne ?x ?x) int:0)
(rewrite ult-self (ult ?x ?x) int:0)
(rewrite slt-self (slt ?x ?x) int:0)
(rewrite ult-zero (ult ?x int:0) int:0)
(rewrite zero-ule (ule int:0 ?x) int:1)
(rewrite select-same (select ?c ?x ?x) ?x)
(rewrite select-one (select int:1 ?x ?y) ?x)
(rewrite select-zero (select int:0 ?x ?y) ?y)
(rewrite select-ne (select (ne ?c int:0) ?x ?y) (select ?c ?x ?y))
(rewrite add-and-or (add (and ?x ?y) (or ?x ?y)) (add ?x ?y))
(rewrite add-and-xor (add (xor ?x ?y) (shl (and ?x ?y) int:1)) (add ?x ?y))
(rewrite sub-and-or (sub (or ?x ?y) (and ?x ?y)) (xor ?x ?y))
"""

REARRANGING = """
(rewrite add-commutes (add ?x ?y) (add ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite mul-commutes (mul ?x ?y) (mul ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite and-commutes (and ?x ?y) (and ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite or-commutes (or ?x ?y) (or ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite xor-commutes (xor ?x ?y) (xor ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite eq-commutes (eq ?x ?y) (eq ?y ?x) :when ((NotEqual ?x ?y)))
(birewrite add-associates (add (add ?x ?y) ?z) (add ?x (add ?y ?z)))
(birewrite mul-associates (mul (mul ?x ?y) ?z) (mul ?x (mul ?y ?z)))
(birewrite and-associates (and (and ?x ?y) ?z) (and ?x (and ?y ?z)))
(birewrite or-associates (or (or ?x ?y) ?z) (or ?x (or ?y ?z)))
(birewrite xor-associates (xor (xor ?x ?y) ?z) (xor ?x (xor ?y ?z)))
(birewrite mul-distributes (mul ?x (add ?y ?z)) (add (mul ?x ?y) (mul ?x ?z)))
(birewrite shl-distributes (shl (add ?x ?y) ?s) (add (shl ?x ?s) (shl ?y ?s)))
(birewrite and-distributes (and ?x (or ?y ?z)) (or (and ?x ?y) (and ?x ?z)))
(birewrite sub-as-add (sub ?x ?y) (add ?x (neg ?y)))
(birewrite neg-mul (neg (mul ?x ?y)) (mul (neg ?x) ?y))
(birewrite neg-as-not (neg ?x) (add (not ?x) int:1))
(birewrite not-and (not (and ?x ?y)) (or (not ?x) (not ?y)))
(birewrite not-or (not (or ?x ?y)) (and (not ?x) (not ?y)))
(birewrite slt-not (slt ?x ?y) (slt (not ?y) (not ?x)))
(birewrite ult-not (ult ?x ?y) (ult (not ?y) (not ?x)))
"""


def integer_rules() -> RuleSet:
    """Give all of them. They need not end: set limits."""
    return read_rules(SIMPLIFYING + REARRANGING)


def simplifying_rules() -> RuleSet:
    """Give those that always end: what they make stands over classes that are there, or is a constant."""
    return read_rules(SIMPLIFYING)
