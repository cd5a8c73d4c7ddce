"""A comparison in sentences that need no knowledge of the system. Not here: the figures (compare_reader.py)."""

from analytics.compare_answers import ComparedSide, OneSideFacts, PartitionOfSides

PARTITIONS_TOLD = 4
SILENT_AFTER_S = 10


def told(
    left: ComparedSide,
    right: ComparedSide,
    partitions: tuple[PartitionOfSides, ...],
    only: tuple[OneSideFacts, OneSideFacts] | None,
    newest_told_us: int | None,
) -> tuple[str, ...]:
    """Say what lies between two sides; `only` is what each alone holds, None if that was too much to look through."""
    if left.name == right.name:
        return (f"Both sides are {left.name}.",)
    return (
        *_facts(left, right, only),
        *_positions(left, right, partitions),
        *_digests(left, right, partitions),
        *(text for side in (left, right) for text in _reservations(side, newest_told_us)),
    )


def _facts(left: ComparedSide, right: ComparedSide, only: tuple[OneSideFacts, OneSideFacts] | None) -> tuple[str, ...]:
    if only is None:
        return ("Too many records lie between the sides to compare them fact by fact; positions and digests are told.",)
    if not only[0].count and not only[1].count:
        return (_sentence(f"{left.name} and {right.name} hold the same facts"),)
    return _holds(left, right, only[0].count), _holds(right, left, only[1].count)


def _holds(side: ComparedSide, other: ComparedSide, count: int) -> str:
    what = "nothing" if not count else _many(count, "fact")
    return _sentence(f"{side.name} holds {what} that {other.name} lacks")


def _positions(left: ComparedSide, right: ComparedSide, partitions: tuple[PartitionOfSides, ...]) -> tuple[str, ...]:
    apart = [item for item in partitions if item.left_next != item.right_next]
    apart.sort(key=lambda item: (-abs(item.left_next - item.right_next), item.partition))
    sentences = []
    for item in apart[:PARTITIONS_TOLD]:
        gap = item.left_next - item.right_next
        behind, ahead = (left, right) if gap < 0 else (right, left)
        sentences.append(
            _sentence(f"{behind.name} is {_many(abs(gap), 'record')} behind {ahead.name} on partition {item.partition}")
        )
    if len(apart) > PARTITIONS_TOLD:
        sentences.append(f"They stand apart on {_many(len(apart) - PARTITIONS_TOLD, 'further partition')}.")
    return tuple(sentences)


def _digests(left: ComparedSide, right: ComparedSide, partitions: tuple[PartitionOfSides, ...]) -> tuple[str, ...]:
    if left.published is None or right.published is None:
        return ()
    level = all(item.left_next == item.right_next for item in partitions)
    if left.published.view_digest == right.published.view_digest:
        return () if level else ("They published the same view digest: what lies between them changes no class.",)
    if level:
        return ("They published different view digests though they have read the same: that must never be.",)
    return ("They published different view digests, as agents do that have not read the same.",)


def _reservations(side: ComparedSide, newest_told_us: int | None) -> tuple[str, ...]:
    sentences = []
    if side.unstored:
        sentences.append(
            f"The store lacks {_many(side.unstored, 'record')} that {side.name} has read; they are left out here."
        )
    if side.live and side.published is not None and newest_told_us is not None:
        silent_s = (newest_told_us - side.published.told_at_us) / 1e6
        if silent_s > SILENT_AFTER_S:
            sentences.append(
                _sentence(f"{side.name} was last heard {silent_s:,.0f} s before the newest heartbeat; it may be gone")
            )
    return tuple(sentences)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
