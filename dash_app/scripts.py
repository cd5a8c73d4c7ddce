"""Binding scripts of assets/ to elements. All of them run in the browser. Not here: which ones a page has."""

from typing import Any

from dash import ClientsideFunction, Dash, Output

NAMESPACE = "egraph"


def drawn(element: str) -> Output:
    """Scripts that build their own elements give back which answer they drew.

    Dash tells callbacks without outputs apart by their inputs only, so two of them on one store would be one.
    """
    return Output(element, "data-drawn")


def bind(dash: Dash, function: str, *ends: Any) -> None:
    """Let a script fill outputs from inputs."""
    dash.clientside_callback(ClientsideFunction(NAMESPACE, function), *ends)  # type: ignore[no-untyped-call]
