"""A console whose every page has something to show, and the addresses of its states. No assertions here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.catalog import publish_catalog, store_dir
from analytics.causal_reader import CausalReader
from analytics.compare_reader import CompareReader
from analytics.cut_reader import CutReader
from analytics.desk import Desk
from analytics.log_reader import LogReader
from analytics.run_reader import RunReader
from analytics.tables import tables
from analytics.timeline_reader import TimelineReader
from cli.console_graph import ConsoleGraph
from dash_app.app import Settings, build_app
from dash_app.redrive_api import Operator
from egraph.facts import RuleAdded
from schemas import dead_letter_headers as header
from schemas.codec import seal
from schemas.records import encode_record
from tests.browser.test_runs_page import derived
from tests.browser.test_runs_page import story as run_story
from tests.unit.analytics.observed import NOW, as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, store_records
from tests.unit.analytics.test_causal_reader import relay
from tests.unit.analytics.test_cut_reader import story as fact_story
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_redrive_api import TOKEN, FakeRedriver
from tests.unit.streams.told_graph import GREEN_Z, Folded, told_log

STATES = {
    "the live page": (
        "/",
        "#facts .ag-row, #matrix td[style], #lattice .node, #recent-graph .cg-way, #transport-strip svg",
    ),
    "agents by lag, messages as a table": ("/?nodes=lag&messages=table", "#messages td, #convergence svg"),
    "agents by colour": ("/?nodes=colour", "#lattice .node-is-green"),
    "the log": ("/events", "#events-page tbody tr"),
    "a fact": ("/events?open=1:0", "#events-page dl"),
    "a fact that is not there": ("/events?open=1:999", "#events-page [role=status]"),
    "dead letters": ("/events?tab=dead-letters", "#events-page details summary"),
    "a dead letter": ("/events?tab=dead-letters&letter=egraph.facts/4/77", ".letter[open] .redrive button"),
    "time travel": ("/timetravel?at=0:5", "#travel-graph[data-at='0:5']"),
    "a record that merges": ("/timetravel?at=1:4", "#travel-graph .cut-drawing .cg-changed"),
    "a record that is quarantined": ("/timetravel?at=1:5", "#travel-graph .cut-drawing .cg-said"),
    "an event at a moment": (f"/timetravel?at=t{NOW + 30}&event=0:0", "#travel-space .st-is-itself, #travel-kpis .kpi"),
    "a place that the log has not": ("/timetravel?at=0:99999", "#timetravel-page [role=status] h2"),
    "what can be compared": ("/compare", "#compare-state tbody tr"),
    "two cuts": ("/compare?left=1:5&right=1:3", "#compare-classes li, #compare-quarantine li, #compare-reach svg"),
    "two agents": ("/compare?left_agent=0&right_agent=2", "#compare-told li, #compare-counts tbody tr"),
    "an agent that was never heard": ("/compare?left_agent=99&right=end", "#compare-state [role=status] h2"),
    "causality": ("/causality", "#causality-chart .st-event"),
    "an event and its cone": ("/causality?event=0:0", "#causality-way .st-event"),
    "ways into the graph": ("/egraph", "#egraph-start tbody tr"),
    "a class": (f"/egraph?class={GREEN_Z.hex()}", "#egraph-picture .eg-class"),
    "a proof": ("/egraph?left=(f c)&right=(f a)", "#egraph-why .proof-facts tbody tr"),
    "nodes that come near": ("/egraph?term=G", "#egraph-found tbody tr"),
    "no such node": ("/egraph?term=nowhere", "#egraph-found [role=status]"),
    "no such class": (f"/egraph?class={'0' * 32}", "#egraph-found [role=status]"),
    "no proof": ("/egraph?left=a&right=nowhere", "#egraph-why [role=alert]"),
    "runs": ("/runs", "#runs-turns tbody tr"),
    "what rules cost": ("/runs?open=r rules", ".run-costs[open] tbody tr"),
    "rounds of a rule": ("/runs?rule=twice", "#runs-perround tbody tr"),
    "an answer": ("/sql?q=SELECT * FROM facts LIMIT 5", "#sql-answer tbody tr"),
    "a refusal": ("/sql?q=SELECT * FROM read_text('/etc/passwd')", "#sql-answer [role=alert]"),
    "no such page": ("/nowhere", ".nowhere"),
}
"""Address of each state and what tells that it is drawn: all of these elements."""


def fill(data_dir: Path) -> None:
    """Write a store with facts, messages, heartbeats, a saturation, turns and a dead letter."""
    rule = RuleAdded(graph="main", producer="r", sequence=0, hlc=1, name="twice", pattern="(f ?x)", replacement="?x")
    told = [seal(fact).fact for fact in fact_story()]
    made = [derived(1, "twice", 1, "f"), derived(2, "twice", 2, "g", "h"), derived(3, "swap", 2)]
    facts = [fact_at(1, n, 900 + n, fact) for n, fact in enumerate([*told, rule, *made])]
    store_records(data_dir, "facts", [*facts, *(fact_at(0, n, 1000 + 500 * n) for n in range(60))])
    store_records(data_dir, "events", as_records(relay()))
    store_records(data_dir, "heartbeats", as_records([heartbeat(agent) for agent in range(AGENTS)], 2000))
    fetched = [Fetched(0, offset, 1000 + offset, encode_record(item)) for offset, item in enumerate(run_story())]
    for name in ("lifecycle", "phases"):
        store_records(data_dir, name, fetched)
    headers = {
        header.REASON: b"undecodable", header.DETAIL: b"EOFError: short", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"4", header.SOURCE_OFFSET: b"77",
    }  # fmt: skip
    store_records(data_dir, "dead_letters", [Fetched(0, 0, 9999, b"\x00\x01<b>", list(headers.items()))])
    publish_catalog(store_dir(data_dir), tables(AGENTS))


@contextmanager
def whole_console(data_dir: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Serve it; give its address and the model of its live page."""
    fill(data_dir)
    model = FakeReadModel(full_overview())
    desk = Desk(data_dir, agents=AGENTS)
    app = build_app(
        model, Settings(period_s=0.3), desk, log=LogReader(data_dir, agents=AGENTS),
        runs=RunReader(data_dir, agents=AGENTS), causality=CausalReader(data_dir, agents=AGENTS),
        graph=ConsoleGraph(Folded(told_log())), cuts=CutReader(data_dir, agents=AGENTS),
        comparer=CompareReader(data_dir, agents=AGENTS), timeline=TimelineReader(data_dir, agents=AGENTS),
        redriver=FakeRedriver(), operator=Operator(TOKEN),
    )  # fmt: skip
    try:
        with serving(app) as address:
            yield address, model
    finally:
        desk.close()
