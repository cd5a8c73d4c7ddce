"""The console over real agents on a real Kafka, in a real browser: from agreement over a crash back to agreement.

Belongs here: what only the whole way shows, from an agent's death to a word on the page. Not here: what a page does
with each answer (tests/browser/).
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from launcher.ports import free_port
from tests.integration.system import EGRAPH, System
from tests.integration.test_orchestrator import egraph
from tests.integration.topics import AGENTS
from tests.machine import chromium_path

pytestmark = [pytest.mark.kafka, pytest.mark.browser, pytest.mark.timeout(600)]
DEADLINE_MS = 90_000
KILLED = (1, 4, 7)
expect.set_options(timeout=DEADLINE_MS)


@asynccontextmanager
async def console_of(system: System) -> AsyncIterator[tuple[Page, str, list[str]]]:
    """Serve the console of a system to a browser; give a page, its address, and what the browser complains about."""
    port = free_port()
    where = ("--data-dir", str(system.data_dir), "--bootstrap", system.bootstrap, "--port", str(port))
    system.supervisor.start("console", (*EGRAPH, "console", *where))
    async with asyncio.timeout(60):
        while not await is_open(port):
            await asyncio.sleep(0.1)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(DEADLINE_MS)
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, f"http://127.0.0.1:{port}", complaints
        await browser.close()


async def is_open(port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def test_the_console_tells_the_story_of_real_agents(broker: str, tmp_path: Path) -> None:
    """Every page would be right about made-up data, and wrong or silent about agents that live, die and come back."""

    async def run() -> None:
        async with System(broker, tmp_path, orchestrator=True, sink=True, silence=10.0) as system:
            await asyncio.to_thread(egraph, "ingest", "demo", "--limit", "1500", "--bootstrap", broker)
            for left, right in (("(f a)", "b"), ("b", "(g c)")):
                words = ("emit", "equate", left, right, "--why", "to be asked about", "--bootstrap", broker)
                await asyncio.to_thread(egraph, *words)
            facts = (await system.agreed()).facts_held // AGENTS
            async with console_of(system) as (page, address, complaints):
                await all_is_well(page, address)
                await time_goes_back_and_forth(page, address, facts)
                await two_nodes_are_equal_for_a_reason(page, address)
                await a_question_is_answered(page, address, facts)
                await three_agents_die_and_come_back(page, address, broker)
                assert complaints == []

    asyncio.run(run())


async def all_is_well(page: Page, address: str) -> None:
    """Who opens the console reads that the nine agree, and what is kept out."""
    await page.goto(address)
    await expect(page.locator("#verdict-agreement")).to_contain_text("✓All 9 agents agree")
    await expect(page.locator("#verdict-quarantined")).to_contain_text(re.compile(r"⊘\d+ equalit(y|ies) quarantined"))
    await expect(page.locator("#lattice .node-health")).to_have_text([re.compile("^✓")] * 9)


async def time_goes_back_and_forth(page: Page, address: str, facts: int) -> None:
    """A cut in the past has fewer records, says that it is not live, and leads back to now."""
    await page.goto(f"{address}/timetravel?at=n200")
    await expect(page.locator(".travel-band")).to_contain_text("Not live: time travel")
    await expect(page.locator("#travel-place")).to_contain_text("record 200 /")
    await expect(page.locator("#travel-graph")).to_have_attribute("data-at", re.compile(r"\d:\d+"))
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#travel-place")).to_contain_text("record 201 /")
    await page.keyboard.press("l")
    await expect(page.locator(".travel-band strong")).to_have_text("Live")
    await expect(page.locator("#travel-place")).to_contain_text(f"record {facts:,} / {facts:,}")


async def two_nodes_are_equal_for_a_reason(page: Page, address: str) -> None:
    """The proof names the two statements that were made, and where they stand in the log."""
    await page.goto(f"{address}/egraph")
    form = page.locator("#egraph-why-form")
    await form.locator("[name=left]").fill("(f a)")
    await form.locator("[name=right]").fill("(g c)")
    await form.get_by_role("button", name="Why?").click()
    await expect(page.locator("#egraph-why .proof-verdict")).to_contain_text("✓ equal, by 2 equalities")
    await expect(page.locator("#egraph-why")).to_contain_text("“to be asked about” by")
    stated = page.locator("#egraph-why .proof-facts tbody tr", has_text="stated").first
    await stated.get_by_role("link").first.click()
    await expect(page.locator("#events-drawer dl")).to_contain_text("to be asked about")


async def a_question_is_answered(page: Page, address: str, facts: int) -> None:
    """The store that SQL asks holds every fact of the log."""
    await page.goto(f"{address}/sql")
    await page.fill("#sql-text", "SELECT count(*) AS n FROM facts")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#sql-answer tbody td")).to_have_text(str(facts))


async def three_agents_die_and_come_back(page: Page, address: str, broker: str) -> None:
    """Their death is told by sign and word while it lasts, and stays in the strip of turns when all are level again."""
    await page.goto(address)
    await expect(page.locator("#verdict-agreement")).to_contain_text("✓All 9 agents agree")
    told = await asyncio.to_thread(
        egraph, "agent", "kill", *map(str, KILLED), "--why", "to see", "--bootstrap", broker, "--json"
    )
    assert json.loads(told)
    health = "document.querySelector(`#lattice [data-agent='${agent}'] .node-health`)?.textContent"
    gone = f"agents => agents.every(agent => !/^✓/.test({health}))"
    await page.wait_for_function(gone, arg=list(KILLED))
    await expect(page.locator("#verdict-agreement")).to_contain_text(re.compile("late|down"))
    for what in ("killed", "recovered"):
        rows = page.locator("#turns table tbody tr", has_text=what)
        for agent in KILLED:
            await expect(rows.filter(has_text=f"A{agent}").first).to_be_attached()
    await expect(page.locator("#lattice .node-health")).to_have_text([re.compile("^✓")] * 9)
    await expect(page.locator("#verdict-agreement")).to_contain_text("✓All 9 agents agree")
    await expect(page.locator("#turns .turns-marker", has_text="killed").first).to_be_visible()
