"""Which fact of one sender used which sequence in one partition.

Belongs here: what was used. Not here: what follows from that (admission.py).
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class SequenceUses:
    """Sequences that came in ascending order, as is the rule, stand in two columns; those that came late apart."""

    sequences: "array[int]" = field(default_factory=lambda: array("q"))
    facts: "array[int]" = field(default_factory=lambda: array("i"))
    late: dict[int, int] = field(default_factory=dict)

    def used_by(self, sequence: int) -> int | None:
        """Give the fact that used a sequence."""
        if self.is_behind_all(sequence):
            return None
        at = bisect_left(self.sequences, sequence)
        return self.facts[at] if self.sequences[at] == sequence else self.late.get(sequence)

    def is_behind_all(self, sequence: int) -> bool:
        """Tell whether a sequence is higher than every one that was used."""
        return not self.sequences or sequence > self.sequences[-1]

    def take(self, sequence: int, fact: int) -> None:
        """Note that a fact used a sequence, which was free."""
        if not self.sequences or sequence > self.sequences[-1]:  # asked for each fact of a restored agent
            self.sequences.append(sequence)
            self.facts.append(fact)
        else:
            self.late[sequence] = fact

    def are_free(self, sequences: Sequence[int], ascending: bool) -> bool:
        """Tell whether sequences are free, and each is wanted once."""
        if ascending and self.is_behind_all(sequences[0]):
            return True
        return len(set(sequences)) == len(sequences) and all(self.used_by(item) is None for item in sequences)

    def take_all(self, sequences: "array[int]", facts: "array[int]", ascending: bool) -> None:
        """Note that facts used sequences, which were free."""
        if ascending and self.is_behind_all(sequences[0]):
            self.sequences.extend(sequences)
            self.facts.extend(facts)
            return
        for sequence, fact in zip(sequences, facts, strict=True):
            self.take(sequence, fact)
