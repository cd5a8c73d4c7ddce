"""`egraph spool status|send`: look at the spools of producers, and send what a dead one left.

Belongs here: options and messages. Not here: files (streams/adapters/spool_files.py), sending (streams/producer).
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_SERVICE, EXIT_USAGE, AsJson, Bootstrap
from cli.run import fail, fail_file, print_json, run_async

if TYPE_CHECKING:
    from streams.adapters.spool_files import SpoolStatus

Place = Annotated[Path, typer.Argument(help="A spool file, or a folder that holds some.")]
Patience = Annotated[
    float, typer.Option("--timeout", min=0.0, help="Seconds to wait for the broker to take what is in one spool.")
]


def register(app: typer.Typer) -> None:
    """Add `egraph spool`."""
    spool = typer.Typer(help="What producers keep on disk until the log has it.", no_args_is_help=True)
    spool.command("status")(status)
    spool.command("send")(send)
    app.add_typer(spool, name="spool")


def status(place: Place, as_json: AsJson = False) -> None:
    """Tell what waits in spools, also while their producers run. Exit code 1 if facts wait that nobody sends."""
    found = _statuses(place)
    now = time.time_ns() // 1000
    if as_json:
        print_json({"spools": [_document(each, now) for each in found]})
    else:
        for each in found:
            age = "" if each.oldest is None else f", the oldest for {(now - each.oldest) / 1e6:,.1f} s"
            held = "its producer runs" if each.in_use else "no producer runs"
            typer.echo(
                f"{each.path}: {each.waiting:,} facts wait ({each.bytes:,} bytes{age}); {held};"
                f" {each.producer}, graph {each.graph}, {sum(each.sequences):,} facts sealed"
            )
    if any(each.waiting and not each.in_use for each in found):
        raise typer.Exit(EXIT_NO)


def send(
    place: Place, bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, timeout: Patience = 60.0, as_json: AsJson = False
) -> None:
    """Send what producers that run no more have left, with the bytes and event ids it has had since it was accepted.

    A spool whose producer runs is left alone.
    """
    found = _statuses(place)
    sent, left = [], 0
    for each in found:
        if each.in_use or not each.waiting:
            continue
        acknowledged, waits = run_async(_drain(each, bootstrap, timeout))
        left += waits
        sent.append({"file": str(each.path), "acknowledged": acknowledged, "waiting": waits})
    skipped = [str(each.path) for each in found if each.in_use]
    if as_json:
        print_json({"spools": sent, "in_use": skipped})
    else:
        for item in sent:
            typer.echo(f"{item['file']}: {item['acknowledged']:,} facts sent, {item['waiting']:,} wait")
        for path in skipped:
            typer.echo(f"{path}: left alone, its producer runs")
        if not sent and not skipped:
            typer.echo("nothing waits")
    if left:
        fail(f"{left:,} facts still wait; check the broker at {bootstrap} and send again", EXIT_SERVICE)


async def _drain(each: "SpoolStatus", bootstrap: str, timeout_s: float) -> tuple[int, int]:
    from streams.adapters.spool_files import name_of
    from streams.outbox.errors import ProducerStopped, SpoolError, SpoolInUse
    from streams.producer import AsyncProducer, RetryPolicy

    producer = AsyncProducer(
        bootstrap,
        name=name_of(each.path),
        spool=each.path.parent,
        graph=each.graph,
        retry=RetryPolicy(give_up_s=timeout_s),
        request_s=min(max(timeout_s, 1.0), 30.0),
    )
    try:
        await producer.start()
        try:
            await producer.flush(timeout_s)
        finally:
            acknowledged = producer.metrics().acknowledged
            left = await producer.close(0.0)
    except SpoolInUse as error:
        fail(str(error), EXIT_NO)
    except (SpoolError, ProducerStopped) as error:
        fail(str(error), EXIT_SERVICE)
    return acknowledged, left


def _statuses(place: Path) -> "list[SpoolStatus]":
    from streams.adapters.spool_files import find_spools, read_status
    from streams.outbox.errors import SpoolDamaged, SpoolError

    try:
        paths = find_spools(place)
    except OSError as error:
        fail_file(error)
    if not paths:
        fail(f"{place} holds no spool; name the folder that was given to a producer", EXIT_USAGE)
    try:
        return [read_status(path) for path in paths]
    except SpoolDamaged as error:
        fail(str(error), EXIT_NO)
    except SpoolError as error:
        fail(str(error), EXIT_SERVICE)


def _document(each: "SpoolStatus", now: int) -> dict[str, Any]:
    return {
        "file": str(each.path),
        "producer": each.producer,
        "graph": each.graph,
        "partitions": each.partitions,
        "sequences": list(each.sequences),
        "hlc": each.hlc,
        "waiting": each.waiting,
        "bytes": each.bytes,
        "oldest_age_s": None if each.oldest is None else round((now - each.oldest) / 1e6, 3),
        "in_use": each.in_use,
    }
