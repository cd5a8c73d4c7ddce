"""What a real browser fetches: all bytes of a cold load, addresses elsewhere, and what an open page goes on asking for.

Belongs here: counting in Chromium over the DevTools protocol. Not here: pages and bounds (bench_viewers.py).
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests.machine import NO_CHROMIUM, chromium_path

_QUIET_S = 3.0
"""So long nothing must be asked for the first time, or be under way that was: an open page asks again and again."""
_DEADLINE_MS = 60_000


@dataclass
class Traffic:
    """What a page has fetched: bytes as they came over the line, headers included."""

    bytes: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    largest: Counter[str] = field(default_factory=Counter)
    under_way: set[str] = field(default_factory=set)
    changed_at: float = field(default_factory=time.monotonic)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has been under way for a while."""
        return not self.under_way and time.monotonic() - self.changed_at > _QUIET_S

    def follow(self, session: CDPSession, address: str) -> None:
        """Count from now on what a page at the address fetches."""
        names: dict[str, str] = {}
        home = urlsplit(address).netloc

        def sent(event: dict[str, Any]) -> None:
            url = urlsplit(event["request"]["url"])
            name = names[event["requestId"]] = f"{event['request']['method']} {url.path}"
            if url.scheme in ("http", "https", "ws", "wss"):
                self.asked[name] += 1
                if url.netloc != home:
                    self.foreign.append(event["request"]["url"])
                if self.asked[name] == 1:
                    self.under_way.add(event["requestId"])
                    self.changed_at = time.monotonic()

        def over(event: dict[str, Any]) -> None:
            if event["requestId"] in self.under_way:
                self.under_way.remove(event["requestId"])
                self.changed_at = time.monotonic()

        def ended(event: dict[str, Any]) -> None:
            self.bytes += int(event["encodedDataLength"])
            self.largest[names.get(event["requestId"], "?")] += int(event["encodedDataLength"])

        session.on("Network.requestWillBeSent", sent)
        session.on("Network.loadingFinished", ended)
        session.on("Network.loadingFinished", over)
        session.on("Network.loadingFailed", over)
        session.send("Network.enable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser."""
    path = chromium_path()
    if path is None:
        raise SystemExit(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def load(browser: Browser, address: str, path: str, ready: str, watch_s: float = 0.0) -> tuple[Traffic, Traffic]:
    """Load a page with nothing in the cache; give its traffic until it has settled, and what it asks afterwards."""
    context = browser.new_context()
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        cold, later = Traffic(), Traffic()
        cold.follow(session, address)
        page.goto(address.rstrip("/") + path, timeout=_DEADLINE_MS)
        page.wait_for_selector(ready, timeout=_DEADLINE_MS, state="attached")
        deadline = time.monotonic() + _DEADLINE_MS / 1000
        while not cold.is_quiet and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        session.detach()
        if watch_s:
            later.follow(context.new_cdp_session(page), address)
            page.wait_for_timeout(watch_s * 1000)
        return cold, later
    finally:
        context.close()
