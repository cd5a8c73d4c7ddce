"""Writes docs/sql.md from the views, their columns and the saved queries; `make sql` calls it."""

from analytics.desk import relations
from analytics.saved import saved_queries

_HEAD = """# What can be asked in SQL

Written by `make sql` from `analytics/queries/`; a test fails when it is stale.
The tables, views and macros below are the public interface of the read side.
`egraph sql`, the console's SQL page, `POST /api/v1/sql`, and any DuckDB that opens `catalog.duckdb` see the same.
Times are UTC; latencies are in milliseconds where the name says so; ids are hexadecimal.
Columns may be added; the ones listed keep their meaning.

    egraph sql 'SELECT * FROM v_agents'
    egraph sql --saved slowest-flows
    duckdb -readonly .egraph/data/store/catalog.duckdb
"""


def sql_markdown() -> str:
    """Give the document, for a system of nine agents."""
    parts = [_HEAD]
    for name, line, columns in relations(9):
        parts.append(f"## `{name}`\n\n{line[0].upper()}{line[1:]}\n")
        if columns:
            rows = "\n".join(f"| `{column}` | {kind} |" for column, kind in columns)
            parts.append(f"| column | type |\n|---|---|\n{rows}\n")
    parts.append("# Saved queries\n")
    for query in saved_queries():
        parts.append(f"## `{query.name}`\n\n{query.question}\n\n```sql\n{query.sql}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(sql_markdown(), end="")
