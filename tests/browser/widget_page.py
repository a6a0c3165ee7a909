"""A widget in a notebook's output: its picture and its controls, moved as a learner moves them."""

import base64

from tests.browser.notebook_page import NotebookPage, tags

CHANGE_SECONDS, SHOW_SECONDS = 20, 60
STILL = 400  # milliseconds without a new picture, after which it is called still
TRIES = 3  # a page that is still being laid out can move a slider away from under the mouse
PICTURE = """async image => {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}"""
LOADED = "image => image.complete && image.naturalWidth > 0"


def widget_cells(cells: list[dict]) -> list[int]:
    """Return the numbers of the cells that are tagged as widgets."""
    return [index for index, cell in enumerate(cells) if "widget" in tags(cell)]


class WidgetPage:
    """The widget of one cell; the notebook has run.

    Args:
        notebook: the page it is on.
        index: the number of its cell.
        seconds: how long to wait for a picture to change.
    """

    def __init__(self, notebook: NotebookPage, index: int, seconds: float = CHANGE_SECONDS):
        self.notebook, self.page, self.seconds = notebook, notebook.page, seconds
        self.cell = notebook.show(index)
        self.image = self.cell.locator("img.widget-image").first
        notebook.wait_until(self._is_shown, f"cell {index} shows no picture", SHOW_SECONDS)

    def _is_shown(self) -> bool:
        return self.image.count() == 1 and self.image.is_visible() and self.image.evaluate(LOADED)

    def picture(self) -> bytes:
        """Return the PNG that is shown now."""
        return base64.b64decode(self.image.evaluate(PICTURE))

    def still_picture(self) -> bytes:
        """Return the picture once it has not changed for a moment."""
        pictures = [b"", self.picture()]

        def is_still() -> bool:
            self.page.wait_for_timeout(STILL)
            pictures.append(self.picture())
            return pictures[-1] == pictures[-2]

        self.notebook.wait_until(is_still, "the picture does not come to rest", self.seconds)
        return pictures[-1]

    def expect_change(self, before: bytes, action: str) -> None:
        """Fail unless another picture than `before` appears."""
        self.notebook.wait_until(
            lambda: self.picture() != before, f"the picture did not change after: {action}", self.seconds
        )
        self.notebook.expect_no_error()

    def expect_back(self, before: bytes, action: str) -> None:
        """Fail unless the picture `before` comes back."""
        self.notebook.wait_until(
            lambda: self.picture() == before,
            f"the first picture did not come back after: {action}",
            self.seconds,
        )
        self.notebook.expect_no_error()

    def controls(self, selector: str) -> list:
        """Return locators of the controls that can be used now."""
        found = self.cell.locator(f".jupyter-widgets{selector}, .jupyter-widgets {selector}").all()
        return [control for control in found if control.is_visible() and control.is_enabled()]

    def drag(self, slider, share: float) -> None:
        """Drag a slider's handle with the mouse to a place from 0 (left end) to 1 (right end)."""
        handle, track = slider.locator(".noUi-handle"), slider.locator(".noUi-base")
        before = handle.get_attribute("aria-valuenow")
        for _ in range(TRIES):
            handle.scroll_into_view_if_needed()
            grip, base = handle.bounding_box(), track.bounding_box()
            height = grip["y"] + grip["height"] / 2
            self.page.mouse.move(grip["x"] + grip["width"] / 2, height)
            self.page.mouse.down()
            self.page.mouse.move(base["x"] + share * base["width"], height, steps=6)
            self.page.mouse.up()
            if handle.get_attribute("aria-valuenow") != before:
                return
            self.page.wait_for_timeout(STILL)
        self.notebook.fail(f"the slider {name_of(slider)!r} cannot be dragged: it stays at {before}.")


def place_of(slider) -> float:
    """Return where a slider's handle stands, from 0 (left end) to 1 (right end)."""
    handle = slider.locator(".noUi-handle")
    now, low, high = (float(handle.get_attribute(f"aria-value{end}")) for end in ("now", "min", "max"))
    return (now - low) / (high - low)


def name_of(control) -> str:
    """Return the text in front of a control."""
    label = control.locator(".widget-label").first
    return label.inner_text() if label.count() else control.inner_text()
