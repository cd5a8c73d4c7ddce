"""Writes docs/images: every page of the console over a real demo, dark, light and on a phone. `make screenshots`.

Belongs here: how a picture is taken, and what is opened on a page so that it has something to show. The pages are asked
of the running console, so a new one is in it. Not here: whether the pictures are all there (tests/architecture/).
"""

import argparse
import base64
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from launcher.ports import free_port
from tests.machine import NO_CHROMIUM, chromium_path

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
DESK: ViewportSize = {"width": 1600, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS = {"dark": DESK, "light": DESK, "phone": PHONE}
"""What each picture of a page is called, and the size of its window."""
QUALITY = 82
SETTLING_MS = 3_000
DEMO_S = 600.0
ASKED_AT_MOST = 10
_SCENES = {
    "timetravel": ("", "#travel-graph[data-at*=':'] *"),
    "egraph": ("?term=Constant:int:4096", "#egraph-picture .eg-class"),
    "sql": ("?q=SELECT kind, count(*) AS facts FROM facts GROUP BY kind ORDER BY facts DESC", "#sql-answer td"),
    "compare": ("?left=n21500&right=end", ".compare-sign"),
    "causality": ("", "#causality-chart .st-receipt"),
    "events": ("", "#events-page tbody tr"),
    "runs": ("", "#runs-turns tbody tr"),
    "overview": ("", "#facts .ag-row"),
}
"""Page: what follows its address, and what stands on it once that is drawn. Others are shown as they open."""


def name_of(path: str) -> str:
    """Give what the pictures of a page begin with."""
    return path.strip("/").replace("/", "-") or "overview"


@contextmanager
def demo(folder: Path, limit: int) -> Iterator[str]:
    """Run a demo until the agents agree; give the address of its console. It ends with the block."""
    port = free_port()
    words = ("demo", "--limit", str(limit), "--data-dir", str(folder / "data"), "--port", str(port))
    said = folder / "said"
    with said.open("wb") as out:
        process = subprocess.Popen((sys.executable, "-m", "cli.main", *words), stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + DEMO_S
        while "serving until" not in said.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(
                    f"the demo did not come to serve; it said:\n{said.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def pages(browser: Browser, address: str) -> list[str]:
    """Give the paths of all pages that the navigation leads to."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#navigation a")
    paths: list[str] = page.locator("#navigation a").evaluate_all("all => all.map(link => link.pathname)")
    page.close()
    return paths


def take(browser: Browser, address: str, path: str, look: str) -> Path:
    """Take one picture; give where it was put."""
    name = name_of(path)
    query, sign = _SCENES.get(name, ("", "#page > *"))
    page = browser.new_page(viewport=LOOKS[look], locale="en-GB", timezone_id="UTC")
    page.set_default_timeout(120_000)
    page.goto(address + path + query)
    if name == "sql":
        _answered(page)
    page.wait_for_selector(sign, state="attached")
    if name == "timetravel":
        # Agents begin to speak after most facts have come; a place of the log would show a time before that.
        page.locator("#travel-slider").fill("700")
        page.wait_for_selector(".is-travelling #travel-space .st-event", state="attached")
    if name == "egraph":
        page.locator("#egraph-members button", has_text="why?").first.click()
        page.wait_for_selector("#egraph-why .proof-verdict")
    if name == "causality":
        page.locator("#causality-chart .st-receipt").nth(3).dispatch_event("click")
        page.wait_for_selector("#causality-way .st-event", state="attached")
    _settle(page, look)
    to = IMAGES / f"{name}-{look}.webp"
    to.write_bytes(_picture(page))
    page.close()
    return to


def _answered(page: Page) -> None:
    # Statements have a deadline, which a machine that also runs a demo may miss; then the page offers to ask again.
    for _ in range(ASKED_AT_MOST):
        page.wait_for_selector("#sql-answer td, #sql-answer [role=alert]")
        if page.locator("#sql-answer td").count():
            return
        page.wait_for_timeout(1_000)
        page.click("#sql-run")


def _picture(page: Page) -> bytes:
    # A quarter of the size of Chromium's PNG, which is why the pictures are not taken by `page.screenshot`.
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(taken["data"])


def _settle(page: Page, look: str) -> None:
    """Change to the scheme that is asked for, go to the top, and wait until nothing moves."""
    if look == "light":
        page.click("#scheme-button")
        page.wait_for_selector('html[data-mantine-color-scheme="light"]')
    # A picture of figures that are some seconds old, because this machine is busy, would show a console in trouble.
    page.wait_for_selector("#status .badge-live, #status .badge-travel")
    page.mouse.move(2, 2)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(SETTLING_MS)
    page.wait_for_selector("#status .badge-live, #status .badge-travel")


def main() -> None:
    """Take them all, or those of the pages that are named."""
    parser = argparse.ArgumentParser(description="Write docs/images from a real demo.")
    parser.add_argument("--only", action="append", metavar="PAGE", help="a page, as in /PAGE; may be given again")
    parser.add_argument("--limit", type=int, default=20_000, help="e-nodes of the demo")
    parser.add_argument("--console", help="the address of a console that runs, instead of a demo")
    asked = parser.parse_args()
    program = chromium_path()
    if program is None:
        raise SystemExit(NO_CHROMIUM)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        if asked.console:
            _take_all(browser, asked.console.rstrip("/"), asked.only)
        else:
            with demo(Path(folder), asked.limit) as address:
                _take_all(browser, address, asked.only)
        browser.close()


def _take_all(browser: Browser, address: str, only: list[str] | None) -> None:
    urllib.request.urlopen(f"{address}/healthz", timeout=10).close()
    for path in pages(browser, address):
        if only and name_of(path) not in only:
            continue
        for look in LOOKS:
            to = take(browser, address, path, look)
            print(f"{to.relative_to(IMAGES.parents[1])}: {to.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
