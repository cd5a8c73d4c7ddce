"""What befell agents, as rows of `v_turns`: asked for alike by the live page and by the story of the system.

Belongs here: the columns and their shape. Not here: which of them somebody wants (read_model.py, run_reader.py).
"""

from typing import Any

from analytics.answers import TurnRow

TURN_COLUMNS = (
    "epoch_us(ts), kind, agent, attempt, workers, coalesce(told_by, ''), coalesce(detail, ''), count(*) OVER ()"
)


def turns_of(rows: list[tuple[Any, ...]]) -> tuple[tuple[TurnRow, ...], int]:
    """Give the turns of the rows of `TURN_COLUMNS`, and how many there are without a limit."""
    turns = tuple(
        TurnRow(
            at_us=row[0],
            kind=row[1],
            agent=row[2],
            attempt=row[3],
            workers=row[4],
            told_by=row[5],
            detail=row[6],
        )
        for row in rows
    )
    return turns, rows[0][7] if rows else 0
