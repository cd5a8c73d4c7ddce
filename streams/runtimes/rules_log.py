"""The rules that a log holds: which are in force, adding them, withdrawing them.

Belongs here: reading and writing rule facts on Kafka. Not here: the rule language (egraph/rules).
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from egraph.facts import FactRetracted, RuleAdded
from egraph.identifiers import EventId, Position
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.ruleset import Rule
from schemas.codec import decode_fact
from schemas.registry import HEADER_BYTES, load
from schemas.topics import FACTS
from streams.adapters.kafka_log import KafkaLog
from streams.ingest.feed import Feed

OnRead = Callable[[int, int], None]
"""Called with the number of records read so far and the number there are."""


class RuleInLog(NamedTuple):
    """A rule fact, where it stands, and whether a retraction of it is in the log."""

    fact: RuleAdded
    position: Position
    retracted: bool


async def rules_in_log(bootstrap: str, *, graph: str, on_read: OnRead) -> list[RuleInLog]:
    """Give the rule facts of a graph in the order (hlc, event id). Raises BrokerError.

    Reads the whole facts topic, but decodes only rules and retractions.
    """
    wanted = {load(name).header for name in ("rule_added", "fact_retracted")}
    found: dict[EventId, tuple[RuleAdded, Position]] = {}
    withdrawn: set[EventId] = set()
    async with KafkaLog(bootstrap) as log:
        begin, end = await log.begin_offsets(FACTS.name), await log.end_offsets(FACTS.name)
        done, total = 0, sum(end.values()) - sum(begin.values())
        async for records in log.read_spans(FACTS.name, {p: (begin[p], end[p]) for p in end}):
            for record in records:
                if (record.value or b"")[:HEADER_BYTES] not in wanted:
                    continue
                fact = decode_fact(record.value)
                if isinstance(fact, RuleAdded) and fact.graph == graph:
                    found.setdefault(fact.event_id, (fact, Position(record.partition, record.offset)))
                elif isinstance(fact, FactRetracted) and fact.graph == graph:
                    withdrawn.add(fact.target)
            done += len(records)
            on_read(done, total)
    rules = [RuleInLog(fact, at, fact.event_id in withdrawn) for fact, at in found.values()]
    return sorted(rules, key=lambda item: (item.fact.hlc, item.fact.event_id))


async def add_rules(
    bootstrap: str, rules: Iterable[Rule | ComputedRule], *, graph: str
) -> list[tuple[RuleAdded, Position]]:
    """Send rules and give their facts and places. Raises RulesRefused, BrokerError."""
    async with await Feed.connect(bootstrap, graph=graph, source="rules") as feed:
        return [await feed.publish_rule(rule) for rule in rules]


async def retract_rules(bootstrap: str, targets: Iterable[EventId], *, graph: str, why: str) -> list[Position]:
    """Withdraw rules, and with them the equalities that rest on them. Raises BrokerError."""
    async with await Feed.connect(bootstrap, graph=graph, source="rules") as feed:
        return [(await feed.publish_retraction(target, why))[1] for target in targets]
