"""Open each notebook that has a widget in a real JupyterLab, in a real browser, and use the widget.

    python -m tools.browser_test [notebook ...]            (or `make browser-test`)

Each notebook is copied to a temporary folder and run from top to bottom. Then every slider is moved, the first one by
dragging it with the mouse, and what has a play button is played and paused; each time the picture has to change. It
fails, too, on an output that is an error, and on a request to anything but this machine (all are blocked; the picture
of the Colab badge is the only one that is expected). What the browser is:
Chromium as Debian and others package it, or the program that the variable BROWSER names.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, sync_playwright

from tools.notebook_parts import NOTEBOOKS, notebook_paths, read

PATIENCE = 600  # seconds until a notebook has run; none trains longer than 200 on two cores
QUICKLY = 30  # seconds within which a picture has to change
HERE = {"127.0.0.1", "localhost", None}  # None: addresses without a host, as data: and blob:
BADGE = (
    "https://colab.research.google.com/assets/colab-badge.svg"  # in each first cell; blocked, and not missed
)
PICTURE = ".jupyter-widgets img.widget-image"
SLIDER = ".jupyter-widgets .noUi-handle"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--no-first-run", "--disable-sync"]  # fmt: skip
READY = """async () => {
    const notebook = jupyterapp.shell.currentWidget;
    await notebook.context.ready;
    await notebook.sessionContext.ready;
    await notebook.sessionContext.session.kernel.info;
}"""  # without it, running all cells can silently do nothing
RUN_ALL = "() => { jupyterapp.commands.execute('notebook:run-all-cells'); }"
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({count: cell.model.executionCount, outputs: cell.model.outputs.toJSON()}))"""
IDLE = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"


class BrowserTestError(Exception):
    """Something that a learner would stumble on; the message says what, in one line."""


def find_browser() -> str:
    """Return the program to be driven.

    Raises:
        BrowserTestError: there is none, or BROWSER names one that is not there.
    """
    named = os.environ.get("BROWSER")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    for name in names:
        if found := shutil.which(name):
            return found
    raise BrowserTestError(
        f"No browser was found ({', '.join(names)}). Remedy: on Debian and Ubuntu "
        "'sudo apt-get install --no-install-recommends chromium fonts-dejavu-core', or BROWSER=/path/to/chrome."
    )


def notebooks_with_widgets() -> list[Path]:
    """Return the notebooks that have a cell tagged as a widget."""
    return [
        path
        for path in notebook_paths()
        if any("widget" in cell.metadata.get("tags", []) for cell in read(path).cells)
    ]


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until `condition` holds.

    Raises:
        BrowserTestError: it did not in that many seconds.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise BrowserTestError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.2)


def start_jupyterlab(folder: Path) -> tuple[subprocess.Popen, str]:
    """Start JupyterLab on `folder` and return the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=", "--allow-root",
        "--LabApp.expose_app_in_browser=True", f"--LabApp.workspaces_dir={folder / 'workspaces'}",
    ]  # fmt: skip
    with (folder / "jupyterlab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        if server.poll() is not None:
            raise BrowserTestError((folder / "jupyterlab.log").read_text()[-500:])
        try:
            return urlopen(f"{address}/api", timeout=5).status == 200
        except OSError:
            return False

    until(answers, 120, "JupyterLab does not answer")
    return server, address


def run_all(page: Page, address: str, name: str) -> None:
    """Open a notebook and run it from top to bottom.

    Raises:
        BrowserTestError: a cell ended in an error, or not at all.
    """
    page.goto(f"{address}/lab/tree/{name}?reset", timeout=120_000)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=120_000)
    page.evaluate(READY)
    page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.evaluate(RUN_ALL)

    def finished() -> bool:
        cells = page.evaluate(CELLS)
        for number, cell in enumerate(cells, 1):
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    raise BrowserTestError(f"code cell {number}: {output['ename']}: {output['evalue']}")
        return all(cell["count"] for cell in cells) and page.evaluate(IDLE)

    until(finished, PATIENCE, "not all cells have run")


def changes(picture: Locator, act: Callable[[], object], what: str) -> None:
    """Do something and wait until the picture is another one."""
    before = picture.get_attribute("src")
    act()
    until(lambda: picture.get_attribute("src") != before, QUICKLY, f"{what} does not change the picture")


def drag(page: Page, handle: Locator) -> None:
    """Drag the handle of a slider along its whole length, to the end that is farther away."""
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    to_the_right = x < track["x"] + track["width"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(track["x"] + (track["width"] - 2 if to_the_right else 2), y, steps=6)
    page.mouse.up()


def use_widget(page: Page) -> list[str]:
    """Move all sliders of the page's widget and press its play button; return what was done."""
    picture = page.locator(PICTURE).first
    picture.wait_for(timeout=60_000)
    picture.scroll_into_view_if_needed()
    done = []
    play = page.locator(".jupyter-widgets.widget-play button, .widget-play button").first
    if play.count():
        changes(picture, play.click, "the play button")
        changes(picture, lambda: None, "playing on")
        play.click()  # the same button pauses
        time.sleep(2)
        before = picture.get_attribute("src")
        time.sleep(2)
        if picture.get_attribute("src") != before:
            raise BrowserTestError("the pause button does not stop the picture")
        done.append("played and paused")
    sliders = page.locator(SLIDER)
    for number in reversed(
        range(sliders.count())
    ):  # the last ones depend on the first, not the other way round
        handle = sliders.nth(number)
        name = f"slider {number + 1} of {sliders.count()}"
        handle.scroll_into_view_if_needed()
        if number == 0:
            changes(picture, lambda handle=handle: drag(page, handle), f"dragging {name}")
        else:
            high = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
            key = "ArrowLeft" if high else "ArrowRight"
            changes(picture, lambda handle=handle, key=key: handle.press(key), name)
    done.append(f"{sliders.count()} sliders moved")
    if not (play.count() or sliders.count()):
        raise BrowserTestError("the widget has neither a slider nor a play button")
    return done


def try_notebook(browser, address: str, name: str, shots: Path) -> list[str]:
    """Run one notebook and use its widget; return what was done.

    Raises:
        BrowserTestError: something is wrong; a screenshot lies in `shots`.
    """
    page, outside = browser.new_page(viewport={"width": 1400, "height": 1000}), []

    def gate(route):
        if urlparse(route.request.url).hostname in HERE:
            return route.continue_()
        if route.request.url != BADGE:
            outside.append(route.request.url)
        return route.abort()

    page.route("**/*", gate)
    try:
        run_all(page, address, name)
        done = use_widget(page)
        if outside:
            raise BrowserTestError(f"a request left the machine: {outside[0]}")
    except Exception as error:
        shot = shots / f"{Path(name).stem}.png"
        page.screenshot(path=shot)
        raise BrowserTestError(f"{error} (screenshot: {shot})") from error
    else:
        page.screenshot(path=shots / f"{Path(name).stem}.png")
    finally:
        page.close()
    return done


def main(arguments: list[str]) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or notebooks_with_widgets()
    failed = 0
    shots = Path(tempfile.mkdtemp(prefix="browser-test-"))
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        try:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            for path in paths:
                shutil.copy(path, folder)
            if (NOTEBOOKS / "images").is_dir():
                shutil.copytree(NOTEBOOKS / "images", folder / "images")
            server, address = start_jupyterlab(folder)
        except BrowserTestError as error:
            print(error)
            return 1
        try:
            for path in paths:
                try:
                    start = time.monotonic()
                    done = try_notebook(browser, address, path.name, shots)
                    print(f"{path.name}: {', '.join(done)} ({time.monotonic() - start:.0f} s)", flush=True)
                except BrowserTestError as error:
                    failed += 1
                    print(f"{path.name}: {error}", flush=True)
        finally:
            server.terminate()
            server.wait(30)
            browser.close()
    print(f"{len(paths) - failed} of {len(paths)} notebooks with widgets work in JupyterLab.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
