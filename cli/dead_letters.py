"""`egraph dead-letters list|show|redrive`: what was refused, why, and how to try again.

Belongs here: options and printing. Not here: the topic (streams/runtimes/redrive.py).
"""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, AsJson, Bootstrap
from cli.run import fail, print_json, run_async

if TYPE_CHECKING:
    from streams.ports import DeadLetter

PositionText = Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET, as `egraph dead-letters list` prints it.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only dead letters with this reason.")]
_HEX_ROW = 16


def register(app: typer.Typer) -> None:
    """Add `egraph dead-letters`."""
    letters = typer.Typer(help="Records that were refused.", no_args_is_help=True)
    letters.command("list")(list_)
    letters.command("show")(show)
    letters.command("redrive")(redrive)
    app.add_typer(letters, name="dead-letters")


def list_(
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Print at most so many.")] = 1000,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    as_json: AsJson = False,
) -> None:
    """List refused records, each source position once, with reason, size and detail."""
    from streams.runtimes.redrive import read_dead_letters

    found = run_async(read_dead_letters(bootstrap))
    chosen = _with_reason(found.letters, reason)
    by_reason = dict(sorted(Counter(letter.reason for letter in found.letters).items()))
    if as_json:
        rows = [_row(letter) for letter in chosen[:limit]]
        counts = {"repetitions": found.repetitions, "not_read": len(found.not_read), "by_reason": by_reason}
        print_json({"dead_letters": rows, "matching": len(chosen), **counts})
        return
    for letter in chosen[:limit]:
        row = _row(letter)
        typer.echo(f"{row['position']:<24} {row['bytes']:>8} B  {letter.reason:<16} {letter.detail}")
    if len(chosen) > limit:
        typer.echo(f"... {len(chosen) - limit:,} more; --limit shows them")
    if reason is not None:
        typer.echo(f"{len(chosen):,} of {len(found.letters):,} dead letters have the reason {reason}")
    told = ", ".join(f"{name} {count:,}" for name, count in by_reason.items()) or "none"
    typer.echo(f"{len(found.letters):,} dead letters ({told}); {found.repetitions:,} written twice")
    if found.not_read:
        typer.echo(f"{len(found.not_read):,} records of the topic are no dead letters, first: {found.not_read[0]}")


def show(position: PositionText, bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, as_json: AsJson = False) -> None:
    """Show one refused record: reason, bytes, and what this release makes of them."""
    from schemas.codec import decode_fact
    from schemas.poison import Poison

    letter = _find(position, bootstrap)
    attempt = decode_fact(letter.source.value)
    verdict = f"refused now: {attempt.reason}: {attempt.detail}" if isinstance(attempt, Poison) else f"{attempt}"
    raw = letter.source.value or b""
    if as_json:
        print_json(_row(letter) | {"hex": raw.hex(), "decoded": verdict, "decodes": not isinstance(attempt, Poison)})
        return
    for name, value in _row(letter).items():
        typer.echo(f"{name:<12}{value}")
    typer.echo(f"{'decoded':<12}{verdict}")
    for at in range(0, len(raw), _HEX_ROW):
        row = raw[at : at + _HEX_ROW]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        typer.echo(f"{at:08x}  {row.hex(' '):<47}  {text}")


def redrive(
    positions: Annotated[list[str] | None, typer.Argument(help="TOPIC/PARTITION/OFFSET; all if none is given.")] = None,
    reason: ReasonOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send; without it only tell what would be sent.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what was redriven before.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    as_json: AsJson = False,
) -> None:
    """Send refused records again, unchanged, to the partition they came from. Mend the cause first."""
    from streams.dead_letters import position_text
    from streams.runtimes.redrive import read_dead_letters, redriven_positions
    from streams.runtimes.redrive import redrive as send_again

    found = run_async(read_dead_letters(bootstrap))
    missing = [position for position in positions or () if found.find(position) is None]
    if missing:
        fail(f"no dead letter has the position {missing[0]}; see `egraph dead-letters list`", EXIT_NO)
    chosen = [
        letter
        for letter in _with_reason(found.letters, reason)
        if not positions or position_text(letter.source) in positions
    ]
    before = run_async(redriven_positions(bootstrap, chosen))
    # A redriven record that was refused once more is a dead letter too: it goes with its first position.
    roots = [letter for letter in chosen if positions or not _marks(letter)]
    due = [letter for letter in roots if again or position_text(letter.source) not in before]
    if yes and due:
        run_async(send_again(bootstrap, due))
    if as_json:
        print_json({"sent": yes, "redriven": [_row(letter) for letter in due], "left_out": len(roots) - len(due)})
        return
    for letter in due:
        typer.echo(f"{position_text(letter.source)}  {letter.reason}")
    left_out = f"; {len(roots) - len(due):,} redriven before, --again sends them too" if len(due) < len(roots) else ""
    typer.echo(f"{len(due):,} {'sent again' if yes else 'would be sent again, --yes does it'}{left_out}")


def _marks(letter: "DeadLetter") -> bool:
    from schemas.dead_letter_headers import REDRIVEN_FROM

    return any(name == REDRIVEN_FROM for name, _ in letter.source.headers)


def _find(position: str, bootstrap: str) -> "DeadLetter":
    from streams.runtimes.redrive import read_dead_letters

    letter = run_async(read_dead_letters(bootstrap)).find(position)
    if letter is None:
        fail(f"no dead letter has the position {position}; see `egraph dead-letters list`", EXIT_NO)
    return letter


def _with_reason(letters: "tuple[DeadLetter, ...]", reason: str | None) -> "list[DeadLetter]":
    return [letter for letter in letters if reason in (None, letter.reason)]


def _row(letter: "DeadLetter") -> dict[str, Any]:
    from streams.dead_letters import position_text

    source = letter.source
    return {
        "position": position_text(source),
        "topic": source.topic,
        "partition": source.partition,
        "offset": source.offset,
        "reason": letter.reason,
        "detail": letter.detail,
        "bytes": len(source.value or b""),
    }
