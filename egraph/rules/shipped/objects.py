"""Identity, membership, `not`, `and`, `or` and conditional expressions, for operands of any kind.

Belongs here: what follows from the language reference (6.10.2 membership, 6.10.3 identity, 6.11 boolean operations,
6.13 conditional expressions) whatever the operands are. Not here: `==` and `<`, which every class may define at will.
No rule here says `x is x`: `[]` is an operand that can be evaluated repeatedly, and `[] is []` is False.

These rules saturate on every graph without colours. Only `not` and the tuple of a membership make new classes, and a
class has at most two different negations above it (`triple-not`); all else is added to classes that are there. So
rules that turn `not` inwards or remove it stand in this direction only: turned outwards they would make more and more
variants. Colours can refuse the equality of a triple `not`, and then only a graph without circles is sure to end.
"""

from egraph.rules.shipped.group import EVERYTHING, Group

TEST_FREE = Group(
    EVERYTHING,
    """
    (rewrite is-commutes (Compare:Is ?x ?y) (Compare:Is ?y ?x) :when ((NotEqual ?x ?y)))
    (rewrite is-not-commutes (Compare:IsNot ?x ?y) (Compare:IsNot ?y ?x) :when ((NotEqual ?x ?y)))
    ; `is` and `in` give True or False, whatever the methods of the operands return
    (rewrite not-is (UnaryOp:Not (Compare:Is ?x ?y)) (Compare:IsNot ?x ?y) :priority 10)
    (rewrite not-is-not (UnaryOp:Not (Compare:IsNot ?x ?y)) (Compare:Is ?x ?y) :priority 10)
    (rewrite not-in (UnaryOp:Not (Compare:In ?x ?y)) (Compare:NotIn ?x ?y) :priority 10)
    (rewrite not-not-in (UnaryOp:Not (Compare:NotIn ?x ?y)) (Compare:In ?x ?y) :priority 10)
    ; lists and tuples compare their items in the same way
    (rewrite in-list-1 (Compare:In ?x (List ?a)) (Compare:In ?x (Tuple ?a)))
    (rewrite in-list-2 (Compare:In ?x (List ?a ?b)) (Compare:In ?x (Tuple ?a ?b)))
    (rewrite in-list-3 (Compare:In ?x (List ?a ?b ?c)) (Compare:In ?x (Tuple ?a ?b ?c)))
    (rewrite in-list-4 (Compare:In ?x (List ?a ?b ?c ?d)) (Compare:In ?x (Tuple ?a ?b ?c ?d)))
    (rewrite not-in-list-1 (Compare:NotIn ?x (List ?a)) (Compare:NotIn ?x (Tuple ?a)))
    (rewrite not-in-list-2 (Compare:NotIn ?x (List ?a ?b)) (Compare:NotIn ?x (Tuple ?a ?b)))
    (rewrite not-in-list-3 (Compare:NotIn ?x (List ?a ?b ?c)) (Compare:NotIn ?x (Tuple ?a ?b ?c)))
    (rewrite not-in-list-4 (Compare:NotIn ?x (List ?a ?b ?c ?d)) (Compare:NotIn ?x (Tuple ?a ?b ?c ?d)))
    """,
    truth_may_raise=True,
)

NEGATIONS = Group(
    EVERYTHING,
    """
    ; one `not` gives True or False, two more keep it
    (rewrite triple-not (UnaryOp:Not (UnaryOp:Not (UnaryOp:Not ?x))) (UnaryOp:Not ?x) :priority 10)
    (rewrite not-and (UnaryOp:Not (BoolOp:And ?x ?y)) (BoolOp:Or (UnaryOp:Not ?x) (UnaryOp:Not ?y)))
    (rewrite not-or (UnaryOp:Not (BoolOp:Or ?x ?y)) (BoolOp:And (UnaryOp:Not ?x) (UnaryOp:Not ?y)))
    (rewrite not-and-3
      (UnaryOp:Not (BoolOp:And ?x ?y ?z)) (BoolOp:Or (UnaryOp:Not ?x) (UnaryOp:Not ?y) (UnaryOp:Not ?z)))
    (rewrite not-or-3
      (UnaryOp:Not (BoolOp:Or ?x ?y ?z)) (BoolOp:And (UnaryOp:Not ?x) (UnaryOp:Not ?y) (UnaryOp:Not ?z)))
    (rewrite not-if (UnaryOp:Not (IfExp ?t ?x ?y)) (IfExp ?t (UnaryOp:Not ?x) (UnaryOp:Not ?y)))
    ; a double `not` under a test goes away in two steps
    (rewrite if-not (IfExp (UnaryOp:Not ?t) ?x ?y) (IfExp ?t ?y ?x) :priority 10)
    (rewrite if-then-true
      (IfExp ?t Constant:bool:True Constant:bool:False) (UnaryOp:Not (UnaryOp:Not ?t)))
    (rewrite if-then-false (IfExp ?t Constant:bool:False Constant:bool:True) (UnaryOp:Not ?t) :priority 10)
    """,
    truth_may_raise=True,
)

CHOICES = Group(
    EVERYTHING,
    """
    ; and(x, y, z) is what Python reads in `x and y and z`
    (rewrite and-flat-left (BoolOp:And (BoolOp:And ?x ?y) ?z) (BoolOp:And ?x ?y ?z))
    (rewrite and-flat-right (BoolOp:And ?x (BoolOp:And ?y ?z)) (BoolOp:And ?x ?y ?z))
    (rewrite or-flat-left (BoolOp:Or (BoolOp:Or ?x ?y) ?z) (BoolOp:Or ?x ?y ?z))
    (rewrite or-flat-right (BoolOp:Or ?x (BoolOp:Or ?y ?z)) (BoolOp:Or ?x ?y ?z))
    (rewrite and-repeated (BoolOp:And ?x ?x ?y) (BoolOp:And ?x ?y) :priority 10)
    (rewrite or-repeated (BoolOp:Or ?x ?x ?y) (BoolOp:Or ?x ?y) :priority 10)
    (rewrite true-and (BoolOp:And Constant:bool:True ?x) ?x :priority 10)
    (rewrite false-or (BoolOp:Or Constant:bool:False ?x) ?x :priority 10)
    (rewrite false-and (BoolOp:And Constant:bool:False ?x) Constant:bool:False :colour green :priority 10)
    (rewrite true-or (BoolOp:Or Constant:bool:True ?x) Constant:bool:True :colour green :priority 10)
    (rewrite if-true (IfExp Constant:bool:True ?x ?y) ?x :priority 10)
    (rewrite if-false (IfExp Constant:bool:False ?x ?y) ?y :priority 10)
    (rewrite if-or (IfExp ?x ?x ?y) (BoolOp:Or ?x ?y))
    (rewrite if-and (IfExp ?x ?y ?x) (BoolOp:And ?x ?y))
    (rewrite if-if-then (IfExp ?t (IfExp ?t ?x ?y) ?z) (IfExp ?t ?x ?z) :priority 10)
    (rewrite if-if-else (IfExp ?t ?x (IfExp ?t ?y ?z)) (IfExp ?t ?x ?z) :priority 10)
    """,
    truth_may_raise=True,
)

TESTS_DROPPED = Group(
    EVERYTHING,
    """
    ; only one side asks for a truth value, so it must be one that can be asked
    (rewrite and-twice (BoolOp:And ?x ?x) ?x :priority 10)
    (rewrite or-twice (BoolOp:Or ?x ?x) ?x :priority 10)
    (rewrite and-absorbs (BoolOp:And ?x (BoolOp:Or ?x ?y)) ?x :priority 10)
    (rewrite or-absorbs (BoolOp:Or ?x (BoolOp:And ?x ?y)) ?x :priority 10)
    (rewrite if-same (IfExp ?t ?x ?x) ?x :priority 10)
    """,
)

GROUPS = (TEST_FREE, NEGATIONS, CHOICES, TESTS_DROPPED)
