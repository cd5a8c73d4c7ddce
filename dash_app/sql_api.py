"""SQL over HTTP: what can be asked about, and answers to statements of people who are not trusted.

Belongs here: routes and status codes. Not here: what a statement may do (analytics/public_sql).
"""

from typing import Annotated, Any, Literal, Protocol

from fastapi import Body, FastAPI, Response
from starlette.concurrency import run_in_threadpool

from analytics.answer_files import FORMATS, answer_file
from analytics.public_sql.client import Refused, Rows
from dash_app.replies import reply

SQL_PATH = "/api/v1/sql"
SCHEMA_PATH = "/api/v1/sql/schema"
FILE_PATH = "/api/v1/sql/file"
_STATUS = {"statement": 400, "query": 400, "memory": 422, "time": 422, "busy": 503, "catalog": 503, "kernel": 501}


class SqlDesk(Protocol):
    """What the console needs for SQL."""

    def ask(self, statement: str) -> Rows | Refused:
        """Answer a statement, or say why not."""

    def schema(self) -> Any:
        """Give tables, views and macros with their columns, and saved queries; ready for JSON."""


def add_routes(server: FastAPI, desk: SqlDesk | None) -> None:
    """Add the routes."""

    @server.post(SQL_PATH, response_class=Response)
    async def ask(statement: Annotated[str, Body(embed=True)]) -> Response:
        """Rows of one SELECT over the public tables and views: at most 1,000 rows or 1 MiB, within 2.5 s.

        400 for what is no such SELECT, 422 for one that needs too much, 503 to come back later; `message` says more.
        """
        found = await _asked(desk, statement)
        if isinstance(found, Refused):
            return _refusal(found)
        return reply(
            {
                "columns": [{"name": name, "type": kind} for name, kind in found.columns],
                "rows": found.rows,
                "truncated": found.truncated,
                "elapsed_ms": found.elapsed_ms,
            }
        )

    @server.post(FILE_PATH, response_class=Response)
    async def file(
        statement: Annotated[str, Body(embed=True)],
        form: Annotated[Literal["parquet", "arrow"], Body(embed=True, alias="format")] = "parquet",
    ) -> Response:
        """The same answer as a Parquet or Arrow file with typed columns; the same bounds and refusals.

        The header `Truncated`, and the key `truncated` of the file's schema, say why rows are missing, if some are.
        """
        found = await _asked(desk, statement)
        if isinstance(found, Refused):
            return _refusal(found)
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="answer.{form}"'}
        if found.truncated:
            headers["Truncated"] = found.truncated
        raw = await run_in_threadpool(answer_file, found, form)
        return Response(raw, media_type=FORMATS[form], headers=headers)

    @server.get(SCHEMA_PATH, response_class=Response)
    async def schema() -> Response:
        """The public tables, views and macros with a line and their columns, and the saved queries."""
        return reply(await run_in_threadpool(desk.schema) if desk is not None else {"relations": [], "saved": []})


async def _asked(desk: SqlDesk | None, statement: str) -> Rows | Refused:
    if desk is None:
        return Refused("catalog", "this console answers no SQL; use `egraph sql`")
    return await run_in_threadpool(desk.ask, statement)


def _refusal(found: Refused) -> Response:
    return reply({"kind": found.kind, "message": found.message}, _STATUS[found.kind])
