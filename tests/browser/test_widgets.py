"""Every widget of the course: each of its controls, moved in the browser, changes the picture."""

import pytest

from tests.browser.widget_page import name_of, place_of

PICTURES = 5  # that follow each other while it plays
QUIET = 1500  # milliseconds in which no picture may follow a pause


def test_it_has_something_to_move(widget):
    assert widget.controls(".widget-slider") or widget.controls(".widget-play"), widget.notebook.name


def test_the_picture_stays_inside_its_cell(widget):
    """A learner sees all of it: nothing sticks out of the cell to the right."""
    wide, room = widget.image.evaluate(
        "image => [image.getBoundingClientRect().right, image.closest('.jp-Cell').getBoundingClientRect().right]"
    )
    assert wide <= room + 1, (
        f"{widget.notebook.name}: the picture ends {wide - room:.0f} pixels outside its cell"
    )


def test_each_slider_changes_the_picture_and_back(widget):
    for slider in widget.controls(".widget-slider"):
        before, start = widget.still_picture(), place_of(slider)
        action = f"dragging {name_of(slider)!r}"
        widget.drag(slider, 0.2 if start > 0.4 else 0.7)
        widget.expect_change(before, action)
        widget.drag(slider, start)
        widget.expect_back(before, f"{action} back")


def test_each_menu_changes_the_picture_and_back(widget):
    menus = widget.controls(".widget-dropdown")
    if widget.controls(".widget-play"):
        menus = menus[:1]  # the others take effect with the next update
    for menu in menus:
        before, select = widget.still_picture(), menu.locator("select")
        chosen = select.evaluate("select => select.selectedIndex")
        select.select_option(index=1 if chosen != 1 else 0)
        widget.expect_change(before, f"choosing another {name_of(menu)!r}")
        select.select_option(index=chosen)
        widget.expect_back(before, f"choosing the first {name_of(menu)!r} again")


def test_each_row_of_buttons_changes_the_picture_and_back(widget):
    for row in widget.controls(".widget-toggle-buttons"):
        before = widget.still_picture()
        first, second = row.locator("button").all()[:2]
        second.click()
        widget.expect_change(before, f"pressing {second.inner_text()!r}")
        first.click()
        widget.expect_back(before, f"pressing {first.inner_text()!r}")


def test_play_pause_single_updates_and_restart(widget):
    if not widget.controls(".widget-play"):
        pytest.skip("this widget does not play")
    first = widget.still_picture()
    toggle = widget.cell.locator(".widget-play button").first
    toggle.click()
    for number in range(PICTURES):
        widget.expect_change(widget.picture(), f"play, picture {number + 1}")
    toggle.click()
    still = widget.still_picture()
    widget.page.wait_for_timeout(QUIET)
    if widget.picture() != still:
        widget.notebook.fail("the picture goes on after pause.")
    for name in ("one update of D", "one update of G"):
        before = widget.picture()
        widget.cell.get_by_role("button", name=name).click()
        widget.expect_change(before, name)
    widget.cell.get_by_role("button", name="restart").click()
    widget.expect_back(first, "restart")


def test_nothing_left_the_machine(widget, lab, badge_picture):
    outside = [address for address in widget.notebook.fence.blocked if address != badge_picture]
    assert outside == [], f"{widget.notebook.name}: the page asked for {outside}"
    assert lab.outside() == [], f"{widget.notebook.name}: a kernel asked for {lab.outside()}"
