"""Forms to schedules: which rules run, how often, until what.

Belongs here: (run ...) and (run-schedule ...). Not here: running (running.py).
"""

from collections.abc import Sequence

from egraph.program.expressions import count, every, fact, group, name, syntax, word
from egraph.program.problems import ProblemKind, refused
from egraph.program.syntax import Fact, Name, Repeat, Run, RunOnce, Schedule
from egraph.program.text import shown
from egraph.rules.forms import Atom, Form

_RUN_SHAPE = "(run 10), (run RULESET 10) or (run RULESET 10 :until FACT ...)"
_ONCE_SHAPE = "(run), (run RULESET) or (run RULESET :until FACT ...)"
_SHAPES = f"{_ONCE_SHAPE}, a ruleset's name, (seq ...), (repeat NUMBER ...) or (saturate ...)"


def read_run(form: Form, items: Sequence[Form]) -> tuple[Run, ...]:
    """Give the command (run RULESET NUMBER :until FACT ...)."""
    words, until = _until(items)
    match words:
        case (times,):
            ruleset = None
        case (called, times):
            ruleset = name(called, "a ruleset")
        case _:
            raise syntax(form.place, "a wrong run", shown(form), f"write {_RUN_SHAPE}")
    once = RunOnce(ruleset, until, form.place)
    return (Run(Repeat(count(times, "a number of rounds"), (once,), form.place), shown(form), form.place),)


def read_run_schedule(form: Form, items: Sequence[Form]) -> tuple[Run, ...]:
    """Give the command (run-schedule SCHEDULE ...)."""
    return (Run(Repeat(1, every(schedule, items), form.place), shown(form), form.place),)


def schedule(form: Form) -> Schedule:
    """Give a schedule."""
    if isinstance(form, Atom):
        return RunOnce(name(form, "a ruleset"), (), form.place)
    items = group(form, "a schedule", _SHAPES)
    head = word(items[0], "a schedule's name") if items else ""
    match head:
        case "run":
            return _once(form, items[1:])
        case "seq":
            return Repeat(1, every(schedule, items[1:]), form.place)
        case "saturate":
            return Repeat(None, every(schedule, items[1:]), form.place)
        case "repeat" if len(items) > 1:
            return Repeat(count(items[1], "a number of times"), every(schedule, items[2:]), form.place)
        case "let-scheduler" | "run-with":
            raise refused(
                ProblemKind.UNSUPPORTED, form.place, "schedulers are not supported", shown(form), f"write {_SHAPES}"
            )
    raise syntax(form.place, "not a schedule", shown(form), f"write {_SHAPES}")


def _once(form: Form, items: Sequence[Form]) -> RunOnce:
    words, until = _until(items)
    called: Name | None = None
    if words and isinstance(words[0], Atom) and words[0].text.isdigit():
        raise syntax(
            form.place, "a run inside a schedule is one round", shown(form), f"write (repeat {words[0].text} (run))"
        )
    if len(words) > 1:
        raise syntax(form.place, "a wrong run", shown(form), f"write {_ONCE_SHAPE}; (repeat 3 ...) runs it three times")
    if words:
        called = name(words[0], "a ruleset")
    return RunOnce(called, until, form.place)


def _until(items: Sequence[Form]) -> tuple[Sequence[Form], tuple[Fact, ...]]:
    for index, item in enumerate(items):
        if isinstance(item, Atom) and not item.quoted and item.text == ":until":
            if index + 1 == len(items):
                raise syntax(item.place, ":until takes facts", "nothing follows it", "write :until (FACT ...) ...")
            return items[:index], every(fact, items[index + 1 :])
    return items, ()
