"""What commands do: rules, unions, functions, deletion, subsumption, push and pop, questions."""

import pytest

from egraph.program.running import Limits
from egraph.program.tables import Table
from tests.unit.program.answers import answers, execution_of

MATH = "(datatype M (Num i64) (Var String) (Add M M) (Mul M M))\n"


def test_rewrites_find_equal_terms() -> None:
    """The engine would miss equalities that follow from the rules, or make up others."""
    text = (
        MATH
        + """
        (rewrite (Add a b) (Add b a))
        (rewrite (Mul a (Add b c)) (Add (Mul a b) (Mul a c)))
        (rewrite (Mul (Num a) (Num b)) (Num (* a b)))
        (let $left (Mul (Num 2) (Add (Var "x") (Num 3))))
        (let $right (Add (Num 6) (Mul (Num 2) (Var "x"))))
        (check (!= $left $right))
        (run 10)
        (check (= $left $right))
        (check (= $left (Var "x")))"""
    )

    assert answers(text) == ["holds", "saturated 3", "holds", "fails: check"]


def test_equal_children_make_equal_terms() -> None:
    """Congruence would not be closed: f(a) and f(b) would differ although a and b are equal."""
    text = "(datatype T (A) (B) (F T))(F (F (F (A))))(F (F (F (B))))(union (A) (B))(print-size F)"

    assert answers(text + "(check (= (F (F (F (A)))) (F (F (F (B))))))") == ["F=3", "holds"]


def test_birewrite_goes_both_ways() -> None:
    """A two-way rule would work in one direction only."""
    text = MATH + '(birewrite (Add x x) (Mul x (Num 2)))(Add (Var "a") (Var "a"))(Mul (Var "b") (Num 2))(run 2)'

    assert answers(text + '(check (= (Add (Var "b") (Var "b")) (Mul (Var "b") (Num 2))))')[-1] == "holds"


def test_conditions_restrict_a_rewrite() -> None:
    """A rewrite would apply where its condition does not hold."""
    text = MATH + "(relation Zero (M))(rewrite (Mul x y) x :when ((Zero x)))(Zero (Num 0))"
    text += "(Mul (Num 0) (Num 5))(Mul (Num 4) (Num 5))(run 3)"

    assert answers(text + "(check (= (Num 0) (Mul (Num 0) (Num 5))))(check (= (Num 4) (Mul (Num 4) (Num 5))))")[1:] == [
        "holds",
        "fails: check",
    ]


def test_relations_are_closed_transitively() -> None:
    """Reachability, the smallest use of a Datalog engine, would come out wrong."""
    text = "(relation E (i64 i64))(relation P (i64 i64))(rule ((E x y)) ((P x y)))(rule ((P x y) (E y z)) ((P x z)))"
    text += "(E 1 2)(E 2 3)(E 3 4)(E 4 2)(run-schedule (saturate (run)))(print-size P)(check (P 1 4))(check (P 2 1))"

    assert answers(text) == ["saturated 4", "P=12", "holds", "fails: check"]


def test_a_function_merges_its_values() -> None:
    """The shortest path would not be the shortest, or a second value would be lost without a word."""
    text = "(function d (i64) i64 :merge (min old new))(relation E (i64 i64 i64))(set (d 0) 0)"
    text += "(E 0 1 7)(E 0 2 1)(E 2 1 2)(rule ((= n (d x)) (E x y w)) ((set (d y) (+ n w))))(run 5)(print-function d)"

    assert answers(text) == ["saturated 3", "0 -> 0; 2 -> 1; 1 -> 3"]


def test_a_union_merges_the_values_of_a_function() -> None:
    """Keys that become equal would keep two values."""
    text = "(datatype T (A) (B))(function f (T) i64 :merge (max old new))(set (f (A)) 1)(set (f (B)) 5)"

    assert answers(text + "(union (A) (B))(print-function f)(check (= 5 (f (A))))") == ["(A) -> 5", "holds"]


def test_merging_makes_terms() -> None:
    """A merge over terms would name classes that are gone, and later matches would miss its rows."""
    text = "(datatype T (A) (B) (C) (G T T))(function f (i64) T :merge (G old new))(relation R (T T T))(R (A) (B) (C))"
    text += "(rule ((R x y z)) ((set (f 1) x) (set (f 1) y) (set (f 1) y) (set (f 1) z)))(run 2)(extract (f 1))"
    text += "(union (A) (B))(union (B) (C))(extract (f 1))(check (= (f 1) (G (G (G (C) (B)) (A)) (C))))(print-size G)"

    assert answers(text)[1:] == ["(G (G (G (A) (B)) (B)) (C)) 7", "(G (G (G (A) (A)) (A)) (A)) 7", "holds", "G=3"]


def test_equal_classes_are_not_merged_again() -> None:
    """A function over terms would grow by merging a term with itself whenever it is set."""
    text = "(datatype T (A) (B) (G T T))(function f (T) T :merge (G old new))(set (f (A)) (B))(set (f (B)) (A))"

    assert answers(text + "(set (f (A)) (B))(union (A) (B))(print-size)") == ["A=1 B=1 G=0 f=1"]


def test_two_values_without_merge_are_an_error() -> None:
    """One of two contradicting values would win silently."""
    text = "(function f (i64) i64 :no-merge)(set (f 1) 2)(set (f 1) 2)(set (f 1) 3)(print-size)"

    assert answers(text) == ["failed: merge, ends"]


def test_deleted_rows_stay_away_until_they_are_derived_anew() -> None:
    """A row that was deleted would come back without a new reason."""
    text = "(relation R (i64))(relation S (i64))(rule ((R x)) ((S x)))(R 1)(run 1)(delete (S 1))(run 3)(print-size S)"

    assert answers(text + "(delete (R 1))(R 1)(run 1)(print-size S)")[2::2] == ["S=0", "S=1"]


@pytest.mark.parametrize("rules", [("(delete (Q x))", "(Q x)"), ("(Q x)", "(delete (Q x))")])
def test_a_round_deletes_what_stood_before_it(rules: tuple[str, str]) -> None:
    """The outcome of a round would depend on the order of its rules."""
    text = "(relation T (i64))(relation Q (i64))(T 1)(T 2)(Q 1)" + "".join(f"(rule ((T x)) ({rule}))" for rule in rules)

    assert answers(text + "(run 1)(print-function Q)") == ["finished 1", "2 -> ()"]


def test_what_is_subsumed_is_hidden_from_rules_and_extraction() -> None:
    """A term that was declared superseded would be matched or chosen again."""
    text = MATH + '(rewrite (Add x (Num 0)) x :subsume)(let $e (Add (Var "a") (Num 0)))(run 2)(relation Seen (M))'
    text += "(rule ((= e (Add x y))) ((Seen e)))(run 2)(print-size Seen)(extract $e 5)(check (Add x (Num 0)))"

    assert answers(text) == ["saturated 2", "saturated 1", "Seen=0", '(Var "a") 2', "holds"]


def test_what_is_subsumed_is_not_chosen_within_terms_either() -> None:
    """The cheapest term would contain one that was declared superseded."""
    text = "(datatype T (Cheap) (Dear :cost 9) (S T))(union (Cheap) (Dear))(subsume (Cheap))(let $s (S (Cheap)))"

    assert answers(text + "(extract $s)(extract (Cheap) 3)") == ["(S (Dear)) 10", "(Dear) 9"]


@pytest.mark.parametrize("hidden", ["(A)", "(B)"])
def test_subsumption_survives_a_union(hidden: str) -> None:
    """Merging with an equal row would bring a subsumed term back."""
    text = f"(datatype T (A) (B) (F T))(F (A))(F (B))(subsume (F {hidden}))(union (A) (B))(relation S (T))"

    assert answers(text + "(rule ((F x)) ((S x)))(run 2)(print-size S)") == ["saturated 1", "S=0"]


def test_pop_goes_back() -> None:
    """An assumption that was tried between push and pop would stay in force."""
    text = "(datatype T (A) (B))(A)(B)(push)(union (A) (B))(check (= (A) (B)))(pop)(check (= (A) (B)))"

    assert answers(text) == ["holds", "fails: check"]


def test_a_state_kept_many_times_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of four lines would take all memory by a thousand copies of what its limits allow."""
    copied: list[str] = []

    def copy_state(table: Table) -> object:
        copied.append(table.schema.name)
        return whole(table)

    whole = Table.copy_state
    monkeypatch.setattr(Table, "copy_state", copy_state)
    text = "(relation R (i64))(R 1)(rule ((R x) (< x 9)) ((R (+ x 1))))(push 1000)(run 3)(pop)(run 1)(print-size R)"

    assert answers(text + "(pop 998)(print-size R)(run 5)(pop)(run 2)(print-size R)")[2::2] == [
        "R=2",
        "finished 5",
        "R=3",
    ]
    assert copied == ["R"]


def test_pop_forgets_rules_and_tables() -> None:
    """A rule of a tried assumption would go on firing."""
    text = "(relation R (i64))(R 1)(push)(relation S (i64))(rule ((R x)) ((R (+ x 1)) (S x)))(run 3)(pop)(run 3)"

    assert answers(text + "(relation S (i64))(print-size)") == ["finished 3", "saturated 1", "R=1 S=0"]


def test_a_rule_sees_after_a_pop_what_it_had_not_seen() -> None:
    """Matches found between push and pop would be missing afterwards."""
    text = "(relation R (i64))(relation S (i64))(rule ((R x)) ((S x)))(R 1)(push)(run 1)(pop)(run 1)(print-size S)"

    assert answers(text)[-1] == "S=1"


def test_a_rule_without_facts_happens_again_after_a_pop() -> None:
    """What such a rule did between push and pop would be missing afterwards."""
    assert answers("(relation R (i64))(rule () ((R 1)))(push)(run 1)(pop)(run 1)(print-size R)")[-1] == "R=1"


def test_a_command_does_not_look_at_every_global(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of ten thousand `let` would take minutes, because each command walks over those before it."""
    packed: list[str] = []

    def compact(table: Table) -> list[int] | None:
        packed.append(table.schema.name)
        return whole(table)

    whole = Table.compact
    monkeypatch.setattr(Table, "compact", compact)
    lets = "".join(f"(let $t{number + 1} (S $t{number}))" for number in range(30))

    answers("(datatype E (L) (S E))(let $t0 (L))" + lets + "(union $t0 $t1)(check (= $t30 $t0))")

    assert packed.count("S") == 1, "the union takes rows out"
    assert len(packed) <= 32


def test_globals_follow_unions() -> None:
    """A rule about a named term would not fire once the term's class changed its number."""
    text = "(datatype T (A) (B) (F T))(let $b (B))(relation R (T))(relation Hit (T))(rule ((R $b)) ((Hit $b)))(R (A))"

    assert answers(text + "(run 1)(print-size Hit)(union (A) (B))(run 1)(print-size Hit)")[1::2] == ["Hit=0", "Hit=1"]


def test_until_stops_before_the_next_round() -> None:
    """A run would go on after its goal, or stop before it."""
    text = "(relation R (i64))(R 0)(rule ((R x)) ((R (+ x 1))))(run 100 :until (R 6))(print-size)"

    assert answers(text) == ["until 6", "R=7"]


def test_schedules_nest() -> None:
    """Phases would run in another order, or not as often as asked."""
    text = "(relation R (i64))(relation S (i64))(ruleset up)(ruleset copy)(R 0)"
    text += "(rule ((R x) (< x 50)) ((R (+ x 1))) :ruleset up)(rule ((R x)) ((S x)) :ruleset copy)"
    text += "(run-schedule (repeat 3 (seq up up copy)) (run up))(print-size)"
    text += "(run-schedule (saturate up) copy)(print-size)"

    assert answers(text) == ["finished 10", "R=8 S=7", "finished 45", "R=51 S=51"]


def test_a_rule_without_facts_happens_once() -> None:
    """A rule that always holds would never fire, or saturation would never end."""
    text = "(function n () i64 :merge (+ old new))(set (n) 1)(rule () ((set (n) 1)))(run 5)(extract (n))"

    assert answers(text) == ["saturated 2", "2 1"]


def test_a_match_is_found_once() -> None:
    """A rule over two new rows would fire twice for one pair, and counting would be wrong."""
    text = "(relation A (i64))(relation B (i64))(function n () i64 :merge (+ old new))(set (n) 0)"
    text += "(rule ((A x) (B y)) ((set (n) 1)))(A 1)(A 2)(B 1)(run 1)(B 2)(run 1)(A 3)(B 3)(run 2)(extract (n))"

    assert answers(text)[-1] == "9 1"


def test_fail_takes_back_what_it_tried() -> None:
    """A claim that something fails would leave half of it behind."""
    text = (
        '(relation R (i64))(function f () i64 :no-merge)(set (f) 1)(fail (set (f) 2))(fail (panic "no"))(extract (f))'
    )

    assert answers(text) == ["holds", "holds", "1 1"]
    assert answers("(relation R (i64))(fail (R 1))(print-size)(fail (check (R 2)))") == [
        "fails: not-failed",
        "R=1",
        "holds",
    ]


def test_a_round_that_failed_is_taken_back_as_a_whole() -> None:
    """Half of a round that was claimed to fail would stay."""
    text = '(relation A (i64))(relation B (i64))(A 1)(rule ((A x)) ((B x) (panic "no")))(fail (run 1))(print-size)'

    assert answers(text) == ["holds", "A=1 B=0"]


def test_a_fail_that_did_not_fail_keeps_push_and_pop_in_step() -> None:
    """A later pop would go back to another state than that of its push."""
    text = "(relation A (i64))(push)(A 1)(fail (A 2))(A 3)(pop)(print-size)"

    assert answers(text) == ["fails: not-failed", "A=0"]


def test_checks_go_on_after_one_failed() -> None:
    """Somebody would learn of one failed check a run."""
    assert answers("(check (= 1 2))(check (= 1 1))(check (< 2 1))") == ["fails: check", "holds", "fails: check"]


def test_a_panic_ends_the_program() -> None:
    """A program would go on from a state that it called impossible."""
    execution = execution_of('(relation R (i64))(R 1)(rule ((R 1)) ((panic "one")))(run 1)(check (R 1))')

    assert [str(outcome.failure) for outcome in execution.outcomes] == [  # type: ignore[union-attr]
        "line 1, column 39: the program panics: one; see the rule or action that says so"
    ]
    assert execution.ended_early
    assert not execution.succeeded


def test_many_facts_in_one_rule() -> None:
    """A rule with more facts than Python nests loops would end in an error of Python's."""
    facts = " ".join(f"(E x{place} x{place + 1})" for place in range(40))
    text = f"(relation E (i64 i64))(relation Far (i64))(rule ({facts}) ((Far x40)))"
    text += "(rule ((E x y) (< y 45)) ((E y (+ y 1))))"

    assert answers(text + "(E 0 1)(run 60)(print-function Far)")[-1] == "; ".join(
        f"{end} -> ()" for end in range(40, 46)
    )


def test_a_deep_term_is_extracted() -> None:
    """A long chain would end in an error about recursion."""
    text = "(datatype T (Z) (S T))(relation R (T i64))(R (Z) 0)(rule ((R t n) (< n 3000)) ((R (S t) (+ n 1))))"
    text += "(run-schedule (saturate (run)))(function end () T :no-merge)(rule ((R t 3000)) ((set (end) t)))(run 1)"
    (term,) = execution_of(text + "(extract (end))").outcomes[-1].terms  # type: ignore[union-attr]

    assert term.cost == 3001
    assert term.text(5) == "(S (S (S (S (S ...)))))"
    assert term.text(4000).count("(S ") == 3000


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(rounds=3), "rounds-limit 3"),
        (Limits(rows=50), "rows-limit"),
        (Limits(matches=20), "matches-limit"),
    ],
)
def test_limits_hold_within_a_round(limits: Limits, reason: str) -> None:
    """A rule that grows without end would take the memory of the machine, or stop without saying why."""
    text = "(datatype T (A) (G T T))(relation R (T))(R (A))(rule ((R x) (R y)) ((R (G x y))))"
    text += "(run-schedule (saturate (run)))"
    execution = execution_of(text, limits)
    (figures,) = execution.engine.figures()

    assert answers(text, limits)[0].startswith(reason)
    assert execution.outcomes[0].end.rows <= limits.rows  # type: ignore[union-attr]
    assert figures.matches <= limits.matches * execution.outcomes[0].end.rounds  # type: ignore[union-attr]


@pytest.mark.parametrize("action", ["(set (f x) 1)", "(S x)", "(S x) (S (+ x 100))", "(set (f x) 1) (S x)"])
def test_the_limit_of_rows_is_never_passed(action: str) -> None:
    """More memory would be taken than the user allowed."""
    text = "(relation R (i64))(relation S (i64))(function f (i64) i64 :merge old)"
    text += "".join(f"(R {number})" for number in range(30)) + f"(rule ((R x)) ({action}))(run 1)"

    ends = [execution_of(text, Limits(rows=rows)).outcomes[0].end for rows in (40, 41)]  # type: ignore[union-attr]
    assert [(end.reason, rows - end.rows) for end, rows in zip(ends, (40, 41), strict=True)] in (
        [("rows-limit", 0), ("rows-limit", 0)],
        [("rows-limit", 0), ("rows-limit", 1)],
    )


def test_what_a_limit_cut_off_is_found_later() -> None:
    """A rule would never again see what a limit kept it from."""
    text = "(relation R (i64))(relation S (i64))" + "".join(f"(R {number})" for number in range(30))
    engine_text = text + "(rule ((R x)) ((S x)))(run 1)(delete (R 0))(run 1)(print-size)"

    assert answers(engine_text, Limits(rows=40)) == ["rows-limit 1", "rows-limit 1", "R=29 S=11"]
    assert answers(engine_text, Limits(matches=29)) == ["matches-limit 1", "matches-limit 1", "R=29 S=30"]


def test_facts_without_a_value_are_counted() -> None:
    """A match lost to an overflow would be lost silently."""
    text = "(relation R (i64))(R 9223372036854775807)(R 5)(rule ((R x) (= y (+ x 1))) ((R y)))(run 1)(print-size)"
    execution = execution_of(text)

    assert answers(text)[-1] == "R=3"
    assert [(figures.matches, figures.lacking) for figures in execution.engine.figures()] == [(1, 1)]


def test_an_overflow_in_an_action_ends_the_program() -> None:
    """A number would wrap around silently."""
    text = "(relation R (i64))(R 9223372036854775807)(rule ((R x)) ((R (+ x 1))))\n(run 1)"

    assert answers(text) == ["failed: primitive, ends"]
    assert "(+ 9223372036854775807 1)" in str(execution_of(text).outcomes[0].failure)  # type: ignore[union-attr]


def test_tables_are_packed_without_losing_matches() -> None:
    """After many deletions rules would skip rows, or see them twice."""
    text = (
        "(relation R (i64))(relation Gone (i64))(function n () i64 :merge (+ old new))(set (n) 0)(R 0)(ruleset count)"
    )
    text += "(rule ((R x) (< x 5000)) ((R (+ x 1)) (delete (R x))))(rule ((R x)) ((set (n) 1)) :ruleset count)"
    text += "(run-schedule (saturate (run) count))(print-size R)(extract (n))"

    assert answers(text)[1:] == ["R=1", "5000 1"]
