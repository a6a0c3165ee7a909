"""A notebook that is open in JupyterLab: run it, read its outputs, write into its cells."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.browser.chromium import Fence
from tests.browser.jupyterlab import JupyterLab

OPEN_SECONDS = 120
RUN_SECONDS = 900  # the slowest notebook takes two minutes on two idle cores
CELL_SECONDS = 60
POLL = 100  # milliseconds

# Without waiting for the kernel's answer, running all cells can do nothing and say nothing.
READY = """async seconds => {
    const panel = jupyterapp.shell.currentWidget;
    const late = new Promise((_, reject) => setTimeout(reject, 1000 * seconds, "the kernel is not ready"));
    await Promise.race([late, panel.context.ready.then(() => panel.sessionContext.ready)]);
    const kernel = panel.sessionContext.session.kernel;
    await Promise.race([late, kernel.info]);
    late.catch(() => {});
    window.course = {panel, errors: [], ran: null};
    kernel.iopubMessage.connect((_, message) => {  // errors in a widget's callback are in no cell's output
        if (message.header.msg_type === "error") {
            course.errors.push(`${message.content.ename}: ${message.content.evalue}`);
        }
    });
    jupyterapp.commands.execute("application:toggle-left-area").catch(() => {});
}"""
RUN = """command => {
    course.ran = null;
    jupyterapp.commands.execute(command).then(() => { course.ran = true; }, error => { course.ran = `${error}`; });
}"""
STATE = "() => ({ran: course.ran, kernel: course.panel.sessionContext.session?.kernel?.status ?? 'gone'})"
CELLS = "() => course.panel.content.widgets.map(cell => cell.model.toJSON())"
SHOW = """async index => {
    const notebook = course.panel.content;
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, "start");
    notebook.widgets[index].node.setAttribute("data-course-cell", index);
}"""


class NotebookPage:
    """One notebook in one browser tab. What is not as it should be raises an AssertionError that names a screenshot.

    Args:
        context: Playwright's browser context.
        fence: what keeps the page on this machine.
        lab: serves the notebook.
        name: its file's name.
    """

    def __init__(self, context, fence: Fence, lab: JupyterLab, name: str):
        self.name, self.fence, self.lab = name, fence, lab
        self.page = context.new_page()
        self.page.goto(f"{lab.address}/lab/tree/{name}?reset&token={lab.token}", timeout=1000 * OPEN_SECONDS)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=1000 * OPEN_SECONDS)
        self.page.evaluate(READY, OPEN_SECONDS)

    def close(self) -> None:
        """End the kernel, which holds memory and a core, and the tab."""
        self.page.evaluate("() => course.panel.sessionContext.shutdown()")
        self.page.close()

    def fail(self, message: str) -> None:
        """Raise an AssertionError with errors of the kernel, if there are any, and the name of a screenshot."""
        errors = self.page.evaluate("() => course.errors")
        path = Path(tempfile.mkdtemp(prefix="course-browser-")) / f"{Path(self.name).stem}.png"
        self.page.screenshot(path=path)
        told = f" The kernel reported: {' | '.join(errors)}." if errors else ""
        raise AssertionError(f"{self.name}: {message}{told} Screenshot: {path}")

    def wait_until(self, condition: Callable[[], bool], message: str, seconds: float = CELL_SECONDS) -> None:
        """Ask again and again until the condition holds; fail with the message if it never does."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(f"{message} (waited {seconds:g} s)")
            self.page.wait_for_timeout(POLL)

    def run_all(self) -> None:
        """Run all cells; fail unless each was executed, in order, without an error."""
        self._run("notebook:run-all-cells", RUN_SECONDS)
        self.expect_no_error()
        counts = [cell["execution_count"] for cell in self.cells() if cell["cell_type"] == "code"]
        if counts != list(range(1, len(counts) + 1)):
            self.fail(f"not every cell was executed, or not in order: execution counts {counts}.")

    def _run(self, command: str, seconds: float) -> None:
        self.page.evaluate(RUN, command)
        self.wait_until(self._has_run, f"{command} did not come to an end", seconds)

    def _has_run(self) -> bool:
        state = self.page.evaluate(STATE)
        if state["kernel"] in ("dead", "gone", "restarting", "autorestarting"):
            self.fail(f"the kernel is {state['kernel']}.")
        if isinstance(state["ran"], str):
            self.fail(f"JupyterLab could not run the cells: {state['ran']}.")
        return state["ran"] is True and state["kernel"] == "idle"

    def expect_no_error(self) -> None:
        """Fail if a cell's output is an error, or a callback raised one."""
        for index, cell in enumerate(self.cells()):
            for output in cell.get("outputs", []):
                if output["output_type"] == "error" and "raises-exception" not in tags(cell):
                    self.fail(f"cell {index} ends with {output['ename']}: {output['evalue']}.")
        if self.page.evaluate("() => course.errors.length"):
            self.fail("an error was raised outside the cells.")

    def cells(self) -> list[dict]:
        """Return all cells as they are now, in the form in which a notebook's file has them."""
        return self.page.evaluate(CELLS)

    def show(self, index: int):
        """Scroll to a cell and return its locator."""
        self.page.evaluate(SHOW, index)
        cell = self.page.locator(f'[data-course-cell="{index}"]')
        cell.wait_for(state="visible")
        return cell

    def answer(self, index: int, source: str) -> str:
        """Write over a code cell as a learner does, press Shift + Enter, and return what it prints."""
        before = self.cells()[index]["execution_count"]
        self.show(index).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")
        self.wait_until(
            lambda: self.cells()[index]["execution_count"] not in (before, None),
            f"cell {index} was not executed",
        )
        cell = self.cells()[index]
        if cell["source"] != source:
            self.fail(f"cell {index} holds {cell['source']!r}, but {source!r} was typed.")
        return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])
