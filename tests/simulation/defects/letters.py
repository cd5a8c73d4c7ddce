"""Defects of dead letters: what a refusal tells, and when it counts as told."""

from dataclasses import replace

from schemas.dead_letter_headers import SOURCE_EMPTY
from streams import dead_letters
from streams.ports import DeadLetter, Publish
from streams.runtimes import simulated_workers
from streams.runtimes.simulated_workers import Worker
from tests.simulation.defects.catalogue import Patch, defect


@defect
def acknowledges_before_the_dead_letter(patch: Patch) -> type[Worker]:
    """A crash between the two loses the refusal."""
    return type("Hasty", (Worker,), {"waits_for_letters": False})


@defect
def saves_over_a_dead_letter(patch: Patch) -> type[Worker]:
    """The snapshot is past a refusal that has not arrived: its offsets are an acknowledgement, too."""
    return type("SavesOverLetters", (Worker,), {"saves_over_letters": True})


def _told(patch: Patch, change: object) -> None:
    patch.setattr(simulated_workers, "to_publish", change)


@defect
def names_the_offset_behind_the_refused_one(patch: Patch) -> None:
    """A redrive sends the wrong record again."""

    def to_publish(letter: DeadLetter) -> Publish:
        source = letter.source._replace(offset=letter.source.offset + 1)
        return dead_letters.to_publish(replace(letter, source=source))

    _told(patch, to_publish)


@defect
def cannot_tell_nothing_from_empty(patch: Patch) -> None:
    """A record without a value comes back from its dead letter as an empty one."""

    def to_publish(letter: DeadLetter) -> Publish:
        effect = dead_letters.to_publish(letter)
        return replace(effect, headers=tuple(item for item in effect.headers if item[0] != SOURCE_EMPTY))

    _told(patch, to_publish)


@defect
def cuts_the_refused_bytes(patch: Patch) -> None:
    """Nobody can see afterwards what was wrong with a record, nor send it again."""

    def to_publish(letter: DeadLetter) -> Publish:
        effect = dead_letters.to_publish(letter)
        return replace(effect, value=effect.value[:64])

    _told(patch, to_publish)


@defect
def tells_refusals_by_their_detail_alone(patch: Patch) -> None:
    """Programs that count refusals by reason count one reason."""

    def to_publish(letter: DeadLetter) -> Publish:
        return dead_letters.to_publish(replace(letter, reason="refused"))

    _told(patch, to_publish)
