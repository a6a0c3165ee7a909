"""The browser: which one, how it is started, and the fence around it."""

import os
import re
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
VARIABLE = "COURSE_BROWSER"  # the Makefile sets it from BROWSER=…
MISSING = (
    "No Chromium was found. On Debian: sudo apt-get install -y --no-install-recommends chromium fonts-dejavu-core. "
    "Another Chromium or Chrome is named by: make browser-test BROWSER=/path/to/chrome"
)
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--no-first-run", "--disable-sync", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
OUTSIDE = re.compile(r"^(https?|wss?)://(?!(127\.0\.0\.1|localhost)[:/])")
WINDOW = {"width": 1280, "height": 900}  # pixels: a small laptop
LAUNCH_SECONDS = 120


def problem() -> str:
    """Return in one line why no browser can be driven; empty if one can."""
    if find_spec("playwright") is None:
        return "Playwright is not installed here. Remedy: make browser-test, which installs it."
    named = os.environ.get(VARIABLE)
    if named and not shutil.which(named):
        return (
            f"BROWSER={named} is no program that can be started. Name a Chromium or Chrome by its full path."
        )
    return "" if executable() else MISSING


def executable() -> str | None:
    """Return the browser's path: the one that was named, else the first that is found, else None."""
    candidates = [os.environ.get(VARIABLE)] if os.environ.get(VARIABLE) else [*NAMES, ON_A_MAC]
    return next((path for name in candidates if (path := shutil.which(name))), None)


class Fence:
    """Blocks every request that would leave this machine, and keeps its address in `blocked`."""

    def __init__(self, context):
        self.blocked: list[str] = []
        context.route(OUTSIDE, self._block)
        context.on("page", lambda page: page.on("websocket", self._note))

    def _block(self, route) -> None:
        self.blocked.append(route.request.url)
        route.abort()

    def _note(self, websocket) -> None:  # these do not pass through routes; the name resolver stops them
        if OUTSIDE.match(websocket.url):
            self.blocked.append(websocket.url)


@contextmanager
def browsing(downloads: Path):
    """Yield a window's context and its fence; close all of it afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(),
            args=OPTIONS,
            timeout=1000 * LAUNCH_SECONDS,
            downloads_path=downloads,
        )
        context = browser.new_context(viewport=WINDOW)
        try:
            yield context, Fence(context)
        finally:
            browser.close()
