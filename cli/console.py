"""`egraph console`: the live page and its JSON API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DEFAULT_DATA_DIR, EXIT_SERVICE, EXIT_USAGE, Agents, DataDir, Graph
from cli.run import fail

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from analytics.desk import Desk
    from dash_app.redrive_api import Operator
    from streams.runtimes.live_graph import LiveGraph


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="console")(console)


def console(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", envvar="EGRAPH_CONSOLE_PORT", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8050,
    window: Annotated[int, typer.Option("--window", min=10, max=3600, help="Seconds of history on the page.")] = 180,
    agents: Agents = 9,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            "--bootstrap",
            envvar="EGRAPH_BOOTSTRAP",
            help="Kafka brokers, for questions that the store cannot answer: a class, why two nodes are equal.",
        ),
    ] = None,
    graph: Graph = "main",
    operator_token_file: Annotated[
        Path | None,
        typer.Option(
            "--operator-token-file",
            envvar="EGRAPH_OPERATOR_TOKEN_FILE",
            help="A file whose first line lets an operator send dead letters again; needs --bootstrap.",
        ),
    ] = None,
) -> None:
    """Serve the live page and `/api/v1/overview` from the store that `egraph sink` writes.

    Needs no broker, except for the E-graph page, which reads the facts topic when somebody asks, and for sending dead
    letters again.
    The store may be empty or missing: the page says so and fills when data comes.
    """
    import signal
    import sys

    # uvicorn ends by raising the signal that stopped it once more; for us a stop by signal is a clean end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))

    operator = _operator(operator_token_file, bootstrap)
    listener = _listen(host, port)
    from analytics.desk import Desk
    from streams.runtimes.live_graph import LiveGraph

    desk = Desk(data_dir, agents=agents)
    live = None if bootstrap is None else LiveGraph(bootstrap, graph=graph)
    try:
        _serve(
            _app(data_dir, desk, live, agents=agents, window=window, bootstrap=bootstrap, operator=operator),
            listener,
            host,
        )
    finally:
        if live is not None:
            live.close()
        desk.close()


def _operator(file: Path | None, bootstrap: str | None) -> "Operator | None":
    from cli.console_redrive import operator_of

    if file is not None and bootstrap is None:
        fail("--operator-token-file lets records be sent to a broker; give --bootstrap, too", EXIT_USAGE)
    return operator_of(file)


def _app(
    data_dir: Path,
    desk: "Desk",
    live: "LiveGraph | None",
    *,
    agents: int,
    window: int,
    bootstrap: str | None,
    operator: "Operator | None",
) -> "FastAPI":
    """Give the server over a store and, where there is one, a broker."""
    from analytics.causal_reader import CausalReader
    from analytics.compare_reader import CompareReader
    from analytics.cut_reader import CutReader
    from analytics.log_reader import LogReader
    from analytics.read_model import ReadModel
    from analytics.run_reader import RunReader
    from analytics.timeline_reader import TimelineReader
    from cli.console_graph import ConsoleGraph
    from cli.console_redrive import ConsoleRedrive
    from dash_app.app import Settings, build_app

    of_log = None if live is None else ConsoleGraph(live)
    return build_app(
        ReadModel(data_dir, agents=agents), Settings(agents=agents, window_s=window, source=str(data_dir)), desk,
        log=LogReader(data_dir, agents=agents), runs=RunReader(data_dir, agents=agents),
        causality=CausalReader(data_dir, agents=agents), timeline=TimelineReader(data_dir, agents=agents),
        graph=of_log, cuts=CutReader(data_dir, agents=agents, beyond=None if of_log is None else of_log.recent),
        comparer=CompareReader(data_dir, agents=agents),
        redriver=None if bootstrap is None else ConsoleRedrive(bootstrap), operator=operator,
    )  # fmt: skip


def _listen(host: str, port: int) -> "socket.socket":
    """Take the address before anything slow is loaded, so that a taken port is told at once."""
    import errno
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except socket.gaierror as error:
        typer.echo(f"{host} is no address of this machine ({error.strerror}); give another --host", err=True)
        raise typer.Exit(EXIT_USAGE) from None
    except OSError as error:
        advice = "give another --host or --port"
        if error.errno == errno.EADDRINUSE:
            advice = "stop its owner or give another --port"
        typer.echo(f"cannot listen on {host}:{port}: {error.strerror}; {advice}", err=True)
        raise typer.Exit(EXIT_SERVICE) from None
    return listener


def _serve(app: "FastAPI", listener: "socket.socket", host: str) -> None:
    import uvicorn

    from dash_app.live_socket import SERVER_OPTIONS

    class Server(uvicorn.Server):
        async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
            await super().startup(sockets)
            if self.started:
                shown = f"[{host}]" if ":" in host else host
                typer.echo(f"console: http://{shown}:{listener.getsockname()[1]}/")

    # A browser keeps connections open; one second is what a request in flight may take at the end.
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, **SERVER_OPTIONS)
    Server(config).run(sockets=[listener])
