"""Writes docs/api.md from the routes; `make api` calls it. Not here: what the routes do (the modules *_api.py)."""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.answers import Overview
from dash_app.app import Settings, build_app

_HEAD = """# The HTTP interface

Written by `make api` from the routes of the console; a test fails when it is stale.
`GET /openapi.json` describes the same with the shape of every answer, for programs that make clients.
Times are microseconds since the Unix epoch where a name ends in `_us`; ids are hexadecimal.

Where there is no answer, `problem` says why: 404 for what is not there, 422 for a parameter out of its bounds,
413 for a body of more than 1 MiB, 503 while there are no data or the store cannot be read.
A request with the header `Prefer: problems=in-place` is answered 200 with the true status in `Problem-Status`: the
pages ask so, because browsers write every other status into their log as an error.
State, sync, status, health and metrics come out of one answer a second, however many ask.

Short paths answer alike: `/agent/{agent}/state`, `/agent/{agent}/sync`, `/agent/{agent}/message`, `/health`,
`/status`, `/metrics`. `/dashboard` leads to the console; `/healthz` says only that the server answers.

    curl localhost:8050/api/v1/health
    curl localhost:8050/api/v1/agents/4/sync
    curl 'localhost:8050/api/v1/timeline?limit=5000'
"""


class _Nothing:
    def overview(self, window_s: int = 180) -> Overview:
        raise NotImplementedError("the routes are described, not asked")


def api_markdown() -> str:
    """Give the document."""
    described = build_app(_Nothing(), Settings()).openapi()
    paths = described["paths"]
    routes = [(path, method) for path in sorted(paths) if path.startswith("/api/") for method in paths[path]]
    return "\n".join([_HEAD, *(_route(path, method, paths[path][method]) for path, method in routes)])


def _route(path: str, method: str, route: Mapping[str, Any]) -> str:
    parts = [f"## `{method.upper()} {path}`\n", f"{' '.join(route.get('description', '').split())}\n"]
    rows = [f"| `{item['name']}` | {item['in']} | {_said(item)} |" for item in route.get("parameters", ())]
    if rows:
        parts.append("\n".join(("| parameter | in | meaning |", "|---|---|---|", *rows)) + "\n")
    parts += [f"Gives `{name}`.\n" for name in _models(route["responses"].get("200", {}))]
    return "\n".join(parts)


def _said(parameter: Mapping[str, Any]) -> str:
    default = parameter["schema"].get("default")
    return str(parameter.get("description", "")) + ("" if default is None else f" Default {default}.")


def _models(answer: Mapping[str, Any]) -> Iterator[str]:
    for content in answer.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref")
        if reference is not None:
            yield reference.rpartition("/")[2]


if __name__ == "__main__":
    print(api_markdown(), end="")
