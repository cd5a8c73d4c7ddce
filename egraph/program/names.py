"""Which names stand for what at a place of a program; push and pop go back.

Belongs here: sorts, tables, globals and rulesets by name, and what to say of a name that stands for nothing.
Not here: expressions (inference.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from egraph.program.primitives import PRIMITIVE_SORTS, PRIMITIVES
from egraph.program.problems import ProblemKind, ProgramRefused, refused
from egraph.program.resolved import Ruleset, Schema
from egraph.program.syntax import FunctionKind, Name
from egraph.rules.problems import Place

DEFAULT_RULESET = ""

_OTHER_SORTS = ("BigInt", "BigRat", "Rational")
_OTHER_PRIMITIVES = ("bigint", "bigrat", "guard", "numer", "denom", "pair", "pair-first", "pair-second", "rational")
_OTHER_BEGINNINGS = ("map-", "multiset-", "set-", "unstable-", "vec-")
"""Names of egglog that stand for nothing here, if a program does not declare them."""


@dataclass(slots=True)
class _Known:
    sorts: dict[str, Place] = field(default_factory=dict)
    tables: dict[str, Schema] = field(default_factory=dict)
    rulesets: dict[str, Ruleset] = field(default_factory=lambda: {DEFAULT_RULESET: Ruleset(DEFAULT_RULESET)})

    def copy(self) -> "_Known":
        return _Known(dict(self.sorts), dict(self.tables), dict(self.rulesets))


class Names:
    """The names of a program. Each is declared once, until a pop takes it back."""

    def __init__(self) -> None:
        self._known = _Known()
        self._kept: list[_Known] = []
        self.every_table: list[Schema] = []

    def push(self) -> None:
        """Keep what is known."""
        self._kept.append(self._known.copy())

    def pop(self) -> bool:
        """Go back to what was known at the last push. Gives False where there is none."""
        if not self._kept:
            return False
        self._known = self._kept.pop()
        return True

    def declare_sort(self, name: str, place: Place) -> None:
        """Add a sort of classes."""
        if name in PRIMITIVE_SORTS or name in self._known.sorts:
            raise _twice("a sort", name, self._known.sorts.get(name), place)
        self._known.sorts[name] = place

    def declare_table(self, table: Schema, place: Place) -> None:
        """Add a constructor, function, relation or global."""
        if table.name in PRIMITIVES:
            raise _twice("a primitive", table.name, None, place)
        if table.name in self._known.tables:
            raise _twice("a name", table.name, self._known.tables[table.name].place, place)
        self._known.tables[table.name] = table
        self.every_table.append(table)

    def declare_ruleset(self, name: str, place: Place) -> None:
        """Add a ruleset."""
        if name in self._known.rulesets:
            raise _twice("a ruleset", name, None, place)
        self._known.rulesets[name] = Ruleset(name)

    def sort(self, name: Name) -> str:
        """Give the name of a sort that is known. Raises ProgramRefused."""
        if name.text not in PRIMITIVE_SORTS and name.text not in self._known.sorts:
            if name.text in _OTHER_SORTS:
                raise _unsupported("sort", name.text, name.place)
            raise unknown("sort", name.text, name.place, (*PRIMITIVE_SORTS, *self._known.sorts), "(sort NAME)")
        return name.text

    def is_class_sort(self, sort: str) -> bool:
        """Tell whether values of the sort are classes."""
        return sort not in PRIMITIVE_SORTS

    def ruleset(self, name: Name | None) -> Ruleset:
        """Give a ruleset; None is that of rules which name none. Raises ProgramRefused."""
        text = name.text if name is not None else DEFAULT_RULESET
        found = self._known.rulesets.get(text)
        if found is None:
            assert name is not None
            known = [known for known in self._known.rulesets if known]
            raise unknown("ruleset", text, name.place, known, "(ruleset NAME)")
        return found

    def table(self, name: str) -> Schema | None:
        """Give what a name of a call stands for, if it is a table."""
        return self._known.tables.get(name)

    def global_(self, name: str) -> Schema | None:
        """Give the global of a name, if there is one."""
        found = self._known.tables.get(name)
        return found if found is not None and found.is_global else None

    def called_table(self, name: Name) -> Schema:
        """Give the table that a command asks about. Raises ProgramRefused."""
        found = self._known.tables.get(name.text)
        if found is None or found.is_global:
            raise self.unknown_call(name.text, name.place)
        return found

    def shown_tables(self) -> tuple[Schema, ...]:
        """Give the tables in the order of their names, without globals."""
        return tuple(table for _, table in sorted(self._known.tables.items()) if not table.is_global)

    def unknown_call(self, name: str, place: Place) -> ProgramRefused:
        """Give the refusal of a call of nothing that is known."""
        if name == "=":
            return refused(
                ProblemKind.SYNTAX,
                place,
                "= is a fact, not a value",
                "it stands inside an expression",
                "write it among the facts, or use bool-= on i64",
            )
        if name in _OTHER_PRIMITIVES or name.startswith(_OTHER_BEGINNINGS):
            return _unsupported("primitive", name, place)
        known = [table for table, schema in self._known.tables.items() if not schema.is_global]
        return unknown(
            "constructor or function", name, place, (*known, *PRIMITIVES), "(constructor NAME (SORT ...) SORT)"
        )


def class_columns(inputs: Iterable[str], output: str) -> tuple[int, ...]:
    """Give the places of keys and value that hold classes."""
    return tuple(place for place, sort in enumerate((*inputs, output)) if sort not in PRIMITIVE_SORTS)


def global_schema(name: str, sort: str, place: Place) -> Schema:
    """Give the table of a global."""
    return Schema(
        name, FunctionKind.FUNCTION, (), sort, place, class_columns((), sort), extractable=False, is_global=True
    )


def unknown(what: str, name: str, place: Place, known: Iterable[str], declaration: str) -> ProgramRefused:
    """Give the refusal of a name that stands for nothing, with the name that may be meant."""
    close = get_close_matches(name, list(known), n=1)
    hint = f"write {close[0]}, or declare it with {declaration}" if close else f"declare it before, with {declaration}"
    return refused(ProblemKind.UNKNOWN_NAME, place, f"unknown {what}", name, hint)


def _unsupported(what: str, name: str, place: Place) -> ProgramRefused:
    remedy = f"the sorts are {', '.join(PRIMITIVE_SORTS)} and those a program declares; write it over these"
    return refused(ProblemKind.UNSUPPORTED, place, f"this {what} of egglog is not supported", name, remedy)


def _twice(what: str, name: str, before: Place | None, place: Place) -> ProgramRefused:
    where = f" at line {before.line}" if before is not None else ""
    return refused(
        ProblemKind.DUPLICATE_NAME, place, f"{what} is declared twice", f"{name} is known already{where}", "rename one"
    )
