"""A saturation between two rounds as bytes, to go on later or elsewhere: same outcome as without the break.

Belongs here: the form of these bytes. Not here: arrays (egraph/kernel/saturation/columns.py).
The bytes are local: one version reads what the same version wrote. They name the rules and the graph by hash, hold no
code, and are checked as a whole before anything is read from them.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

from egraph.identifiers import NodeId
from egraph.kernel.saturation.columns import load_arrays, save_arrays
from egraph.kernel.saturation.scratch import BUFFER
from egraph.rules.conditions import Content
from egraph.rules.printer import rule_set_hash
from egraph.rules.ruleset import RuleSet
from egraph.saturation.analyses import Analysis
from egraph.saturation.errors import InvalidState
from egraph.saturation.intake import Union
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.outcome import RoundProfile, RuleProfile
from egraph.saturation.saturation import Saturation
from egraph.saturation.schedulers import Scheduler

_MAGIC = b"egraph.saturation.3\n"
_CHECK_BYTES = 16
_LENGTH_BYTES = 8


def save(saturation: Saturation) -> bytes:
    """Give the state after the last round."""
    arrays = save_arrays(saturation.scratch)
    header = {
        "graph": _graph_hash(saturation),
        "rules": rule_set_hash(saturation.rules).hex(),
        "operators": saturation.operators.names[2:],
        "rounds": saturation.rounds,
        "stop": saturation.stop_reason,
        "owed": saturation.owed,
        "segments": saturation.segments,
        "made_by_none": saturation.made_by_none,
        "by_round": [asdict(item) | {"rules": [rule._asdict() for rule in item.rules]} for item in saturation.by_round],
        "scheduler": saturation.scheduler.memory(),
        "trace": saturation.scratch.logging,
        "arrays": {name: len(part) for name, part in arrays.items()},
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    body = len(text).to_bytes(_LENGTH_BYTES, "little") + text + b"".join(arrays.values())
    return _MAGIC + _check(body) + body


def resume(
    state: bytes, rules: RuleSet, nodes: Mapping[NodeId, Content], unions: Iterable[Union] = (), *,
    limits: Limits | None = None, scheduler: Scheduler | None = None, clock: Callable[[], float] | None = None,
    analyses: Sequence[Analysis] = (), jit: bool = True, buffer: int = BUFFER,
) -> Saturation:  # fmt: skip
    """Give a saturation that goes on from a state; rules, nodes and unions are those it was saved with.

    The limits may differ: one that ended at a limit goes on under a higher one, and meets again what it left out.
    Raises InvalidState for bytes that `save` did not give for these rules and this graph.
    """
    header, arrays = _read(state)
    try:
        saturation = Saturation(
            rules, nodes, unions, limits=limits, scheduler=scheduler, clock=clock, trace=bool(header["trace"]), jit=jit,
            analyses=analyses, buffer=buffer,
        )  # fmt: skip
        if header["rules"] != rule_set_hash(rules).hex() or header["graph"] != _graph_hash(saturation):
            raise InvalidState("the state was saved for other rules or another graph; hand in those it was saved with")
        for name, arity in header["operators"]:
            saturation.operators.number(name, arity)
        load_arrays(saturation.scratch, arrays)
        _take(saturation, header)
    except (KeyError, TypeError, ValueError) as wrong:
        raise InvalidState(f"the state has not its form ({wrong!r}); save it again") from wrong
    return saturation


def _take(saturation: Saturation, header: Mapping[str, Any]) -> None:
    saturation.rounds = int(header["rounds"])
    saturation.owed = list(map(bool, header["owed"]))
    saturation.segments = [(number, rule, count) for number, rule, count in header["segments"]]
    saturation.made_by_none = list(header["made_by_none"])
    saturation.scheduler.remember(header["scheduler"])
    saturation.by_round = [
        RoundProfile(**{**item, "rules": tuple(RuleProfile(**rule) for rule in item["rules"])})
        for item in header["by_round"]
    ]
    stop = header["stop"]
    saturation.stop_reason = StopReason.SATURATED if stop == StopReason.SATURATED else None
    saturation.renew_machine()


def _read(state: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    start = len(_MAGIC) + _CHECK_BYTES
    body = state[start:]
    if not state.startswith(_MAGIC) or state[len(_MAGIC) : start] != _check(body):
        raise InvalidState("these bytes are no saved state, or parts of them were lost; save it again")
    length = int.from_bytes(body[:_LENGTH_BYTES], "little")
    header = json.loads(body[_LENGTH_BYTES : _LENGTH_BYTES + length])
    at, arrays = _LENGTH_BYTES + length, {}
    for name, size in header["arrays"].items():
        arrays[name] = body[at : at + size]
        at += size
    return header, arrays


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECK_BYTES, person=b"egraph.scratch").digest()


def _graph_hash(saturation: Saturation) -> str:
    """Hash what was handed in: ids (each names its content), which of them have arrived, and equalities."""
    digest = blake2b(digest_size=_CHECK_BYTES, person=b"egraph.given")
    for node, content in zip(saturation.given.ids, saturation.given.contents, strict=True):
        digest.update(node + (b"\0" if content is None else b"\1"))
    digest.update(repr(saturation.given.unions).encode())
    return digest.hexdigest()
