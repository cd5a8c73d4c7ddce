"""Rules on a real Kafka: nine agents go through the four phases, agree, and forget a withdrawn rule's consequences."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import build_app
from egraph.facts import Derived, EqualityAsserted, Fact
from egraph.reference import ReferenceView
from schemas.codec import decode_fact, seal
from schemas.records import Phase, PhaseOrder, PhaseReport, decode_record
from schemas.topics import CONTROL, FACTS
from streams.processors.phases import workers_of
from tests.integration.system import System, digests, replayed
from tests.integration.topics import AGENTS, append, read_all

pytestmark = pytest.mark.kafka

TERMS = """
(f a b)
(f b a)
(f a zero)
(g (f a b) (f c c))
(g (f b a) (f c d))
(= d c)
(double c)
(p b a)
(q a b)
"""
RULES = """
(rewrite commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y)))
(rewrite drop-zero (f ?x zero) ?x)
(birewrite unfold (double ?x) (f ?x ?x))
(rewrite meet-p (m ?x ?y) (p ?y ?x))
(rewrite meet-q (m ?x ?y) (q ?x ?y))
"""


def egraph(*words: str, code: int = 0) -> Any:
    """Run a command in this process, and give its JSON."""
    result = CliRunner().invoke(build_app(), [*words, "--json"])
    assert result.exit_code == code, f"{words}: {result.output}"
    return json.loads(result.stdout)


def facts_of(bootstrap: str) -> list[Fact]:
    """Every fact of the log."""
    records = asyncio.run(read_all(bootstrap, FACTS.name))
    decoded = [decode_fact(item.value) for partition in records.values() for item in partition]
    return [item for item in decoded if isinstance(item, Fact)]


def derived_in(bootstrap: str) -> list[EqualityAsserted]:
    """The derived equalities of the log."""
    return [
        fact for fact in facts_of(bootstrap) if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived)
    ]


def feed(bootstrap: str, folder: Path, terms: str, rules: str) -> None:
    """Send terms and rules, as a user does."""
    (folder / "terms.txt").write_text(terms)
    (folder / "terms.rules").write_text(rules)
    egraph("ingest", "sexpr", str(folder / "terms.txt"), "--bootstrap", bootstrap)
    egraph("rules", "add", str(folder / "terms.rules"), "--bootstrap", bootstrap)


@pytest.mark.timeout(300)
def test_agents_apply_rules_agree_and_forget(broker: str, tmp_path: Path) -> None:
    """Saturation would end differently on nine agents, could not be explained, or a wrong rule could not be undone."""
    feed(broker, tmp_path, TERMS, RULES)

    async def run() -> None:
        async with System(broker, tmp_path / "data", workers=2) as system:
            before = await system.agreed()
            done = await asyncio.to_thread(egraph, "saturate", "--bootstrap", broker)
            assert done["outcome"] == "saturated"
            assert {(item["phase"], item["agent"]) for item in done["reports"]} == {
                (phase.value, agent) for phase in Phase for agent in workers_of(phase, AGENTS)
            }
            after = await system.agreed()
            assert digests(after) == digests_of(await asyncio.to_thread(replayed, broker))
            found = await asyncio.to_thread(derived_in, broker)
            assert len(found) == sum(item["derived"] for item in done["reports"]) > 0
            assert classes(after) < classes(before)

            why = await asyncio.to_thread(egraph, "why", "(f a b)", "(f b a)", "--bootstrap", broker)
            assert why["equal"]
            assert why["checked"]
            assert {"partition", "offset", "producer"} <= set(next(iter(why["facts"].values())))
            backward = await asyncio.to_thread(egraph, "why", "(p b a)", "(q a b)", "--bootstrap", broker)
            assert backward["equal"], "only BLUE agents find it, reading both rules towards a term that nobody wrote"
            again = await asyncio.to_thread(egraph, "saturate", "--bootstrap", broker)
            assert sum(item["derived"] for item in again["reports"]) == 0, "nothing is derived twice"

            await asyncio.to_thread(egraph, "rules", "retract", "commutes", "--bootstrap", broker)
            await system.agreed()
            await asyncio.to_thread(egraph, "why", "(f a b)", "(f b a)", "--bootstrap", broker, code=1)
            kept = await asyncio.to_thread(egraph, "why", "(f a zero)", "a", "--bootstrap", broker)
            assert kept["equal"], "what rests on another rule stays"
            await asyncio.to_thread(egraph, "rules", "retract", "meet-p", "--bootstrap", broker)
            await system.agreed()
            await asyncio.to_thread(egraph, "why", "(p b a)", "(q a b)", "--bootstrap", broker, code=1)
            for rule in ("drop-zero", "unfold-forward", "unfold-backward", "meet-q"):
                await asyncio.to_thread(egraph, "rules", "retract", rule, "--bootstrap", broker)
            last = await system.agreed()
            assert classes(last) == classes(before)
            assert digests(last)[1] == defined(await asyncio.to_thread(facts_of, broker))

    asyncio.run(run())


def digests_of(replay: dict[str, Any]) -> tuple[str, str]:
    """Both digests that replay printed."""
    return replay["set_digest"], replay["view_digest"]


def classes(standing: Any) -> int:
    """The number of classes that all agents show."""
    (count,) = {beat.classes for beat in standing.beats.values()}
    return int(count)


def defined(facts: list[Fact]) -> str:
    """The view digest of the facts, by definition."""
    return ReferenceView(facts).view_digest().hex()


@pytest.mark.timeout(300)
def test_a_forged_derivation_is_withdrawn_on_all_agents(broker: str, tmp_path: Path) -> None:
    """Anybody could merge anything by calling it derived, and it would stay."""
    feed(broker, tmp_path, TERMS, "(rewrite commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y)))")

    async def run() -> None:
        async with System(broker, tmp_path / "data", workers=2) as system:
            await system.agreed()
            await asyncio.to_thread(egraph, "saturate", "--bootstrap", broker)
            (honest, *_) = await asyncio.to_thread(derived_in, broker)
            forged = forge(honest)
            await append(broker, FACTS.name, [(0, forged)])
            merged = classes(await system.agreed())
            done = await asyncio.to_thread(egraph, "saturate", "--bootstrap", broker)
            assert sum(item["retracted"] for item in done["reports"]) == 1
            assert classes(await system.agreed()) > merged

    asyncio.run(run())


def forge(honest: EqualityAsserted) -> bytes:
    """The bytes of a fact that claims something else with an honest one's proof."""
    leaf = next(iter(honest.why.substitution))[1]  # type: ignore[union-attr]
    return seal(replace(honest, producer="forger", sequence=0, hlc=honest.hlc + 1, right=leaf)).raw


@pytest.mark.timeout(300)
def test_a_worker_killed_in_a_phase_delays_it_and_no_more(broker: str, tmp_path: Path) -> None:
    """A crash would leave a saturation hanging, or its facts would be derived twice."""
    leaves = "abcdefghij"
    terms = "\n".join(f"(f {left} {right})" for left in leaves for right in leaves)
    feed(broker, tmp_path, terms, "(rewrite commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y)))")

    async def run() -> None:
        async with System(broker, tmp_path / "data", workers=2) as system:
            await system.agreed()
            saturating = asyncio.create_task(
                asyncio.to_thread(egraph, "saturate", "--bootstrap", broker, "--timeout", "120")
            )
            await ordered(broker, Phase.LIVE)
            for worker in ("worker-0", "worker-1"):
                await system.kill(worker)
            done = await saturating
            assert done["outcome"] == "saturated"
            standing = await system.agreed()
            assert digests(standing) == digests_of(await asyncio.to_thread(replayed, broker))
            pairs = [frozenset((fact.left, fact.right)) for fact in await asyncio.to_thread(derived_in, broker)]
            assert len(set(pairs)) == 45

    asyncio.run(run())


async def ordered(bootstrap: str, phase: Phase, deadline_s: float = 60.0) -> None:
    """Wait until a phase is ordered."""
    async with asyncio.timeout(deadline_s):
        while True:
            said = [decode_record(item.value) for item in (await read_all(bootstrap, CONTROL.name))[0]]
            if any(isinstance(item, PhaseOrder) and item.phase is phase for item in said):
                return
            assert not [item for item in said if isinstance(item, PhaseReport) and item.phase is Phase.RECONCILE]
            await asyncio.sleep(0.1)
