"""What strangers may try: nothing leaks and nothing is written, even without judging the statement first."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from analytics.public_sql.allow_list import StatementRefused
from analytics.public_sql.client import PublicSql, Refused, Rows
from analytics.public_sql.connection import judge
from tests.unit.public_sql.stores import battery, run_unfiltered, small_store
from tests.unit.public_sql.unfiltered import CANARY_OF_PYTHON

CANARY = "canary-in-a-file"
CANARY_OF_ENVIRONMENT = "canary-in-the-environment"


def tree_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, by the digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextmanager
def listener() -> Iterator[socket.socket]:
    """A port that nobody may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(name="catalog")
def _catalog(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text(CANARY)
    return small_store(tmp_path)


def statements(catalog: Path, port: int) -> list[str]:
    """The battery, aimed at this store."""
    data_dir = catalog.parent.parent
    return battery(
        "hostile.sql", store=catalog.parent, secret=data_dir / "secret.txt", out=data_dir / "evil", port=port
    )


def test_the_walls_alone_let_nothing_out_and_nothing_in(catalog: Path) -> None:
    """A way past the allow-list would be a way to the files, the environment or the network of the machine."""
    before = tree_of(catalog.parent.parent)
    with listener() as server:
        tried = statements(catalog, server.getsockname()[1])
        told = run_unfiltered(catalog, tried, EGRAPH_SECRET=CANARY_OF_ENVIRONMENT)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert len(told) == len(tried) >= 111
    for statement, result in zip(tried, told, strict=True):
        for canary in (CANARY, CANARY_OF_ENVIRONMENT, CANARY_OF_PYTHON):
            assert canary not in result["found"], statement
    assert tree_of(catalog.parent.parent) == before


def test_hostile_statements_are_refused_with_a_reason(catalog: Path) -> None:
    """The first wall would be a hole: the others are there for what nobody has thought of."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        for statement in statements(catalog, 9):
            with pytest.raises(StatementRefused) as refused:
                judge(connection, statement)
            assert str(refused.value), statement


HEAVY = 8
"""So many of the battery here; all of it in tests/benchmarks/bench_public_sql.py."""


def test_heavy_statements_end_with_a_reason(catalog: Path) -> None:
    """One query would take the machine's memory, or a place in the queue for ever."""
    tried = battery("denial_of_service.sql")
    sql = PublicSql(catalog)
    try:
        for statement in tried[:: len(tried) // HEAVY]:
            answer = sql.ask(statement)
            if isinstance(answer, Refused):
                assert answer.kind in ("time", "memory", "query"), (statement, answer)
            else:
                assert len(answer.rows) <= 1000
        assert isinstance(sql.ask("SELECT count(*) FROM facts"), Rows)
    finally:
        sql.close()
