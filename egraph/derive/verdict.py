"""What a checker says about a derived equality: sound, refused with place and reason, or not to be judged yet.

Belongs here: the values. Not here: judging (check.py), what is done about it.
"""

from dataclasses import dataclass
from enum import StrEnum

from egraph.identifiers import EventId


class Fault(StrEnum):
    """Why a derived equality is refused, for programs; the detail is for people."""

    NO_PROOF = "no-proof"
    MALFORMED = "malformed"
    LOCAL_COLOUR = "local-colour"
    PREMISE_ORDER = "premise-order"
    PREMISE_KIND = "premise-kind"
    PREMISES_DIFFER = "premises-differ"
    UNREADABLE_RULE = "unreadable-rule"
    NOT_AN_INSTANCE = "not-an-instance"
    CONDITION_FAILS = "condition-fails"
    NO_WITNESS = "no-witness"
    NOT_CONGRUENT = "not-congruent"
    BROKEN_CHAIN = "broken-chain"
    OTHER_CLAIM = "other-claim"
    OTHER_RULE_SET = "other-rule-set"
    OTHER_HEADLINE = "other-headline"
    TOO_COSTLY = "too-costly"


@dataclass(frozen=True, slots=True)
class Sound:
    """Every step holds. It rests on these, and on nothing else."""

    rules: tuple[EventId, ...]
    equalities: tuple[EventId, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """It does not follow. `lemma` and `step` count from 0; None where the fault lies outside one lemma or step."""

    fault: Fault
    detail: str
    lemma: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        lemma = "" if self.lemma is None else f", lemma {self.lemma}"
        step = "" if self.step is None else f", step {self.step}"
        return f"{self.fault}{lemma}{step}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Facts are missing: premises (such an equality does not count), or nodes whose content the proof needs."""

    premises: tuple[bytes, ...] = ()
    nodes: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        what = "premises" if self.premises else "nodes"
        return f"missing {what}: {', '.join(item.hex() for item in self.premises or self.nodes)}"


Verdict = Sound | Refused | Incomplete
