"""What a real browser fetches: all bytes of a cold load, addresses elsewhere, and what an open page goes on asking for.

Belongs here: counting in Chromium over the DevTools protocol. Not here: pages and bounds (bench_viewers.py).
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, sync_playwright

_SETTLE_MS = 1500
_DEADLINE_MS = 60_000


@dataclass
class Traffic:
    """What a page has fetched: bytes as they came over the line, headers included."""

    bytes: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    largest: Counter[str] = field(default_factory=Counter)

    def follow(self, session: CDPSession, address: str) -> None:
        """Count from now on what a page at the address fetches."""
        names: dict[str, str] = {}
        home = urlsplit(address).netloc

        def sent(event: dict[str, Any]) -> None:
            url = urlsplit(event["request"]["url"])
            names[event["requestId"]] = f"{event['request']['method']} {url.path}"
            if url.scheme in ("http", "https", "ws", "wss"):
                self.asked[names[event["requestId"]]] += 1
                if url.netloc != home:
                    self.foreign.append(event["request"]["url"])

        def ended(event: dict[str, Any]) -> None:
            self.bytes += int(event["encodedDataLength"])
            self.largest[names.get(event["requestId"], "?")] += int(event["encodedDataLength"])

        session.on("Network.requestWillBeSent", sent)
        session.on("Network.loadingFinished", ended)
        session.send("Network.enable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium is on the PATH; install it (Debian: apt-get install chromium)")
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
        page.wait_for_timeout(_SETTLE_MS)
        session.detach()
        if watch_s:
            later.follow(context.new_cdp_session(page), address)
            page.wait_for_timeout(watch_s * 1000)
        return cold, later
    finally:
        context.close()
