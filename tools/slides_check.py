"""Open every deck in Chromium with the network cut off, and tell what does not fit, is not set or is asked for outside.

    python -m tools.slides_check [--pictures folder]        (after `make slides`; needs the package playwright)

BROWSER names the Chromium or Chrome to use; the default is /usr/bin/chromium.
"""

import os
import sys
from pathlib import Path

from course_lib.errors import CourseError
from tools.slides import TARGET

SIZE = {"width": 1280, "height": 720}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--no-first-run", "--disable-sync"]  # fmt: skip
# For the slide that is shown: how many pixels of it lie outside, and how many formulas are raw or wrong.
MEASURE = """() => {
  const slide = Reveal.getCurrentSlide(), page = document.querySelector(".slides").getBoundingClientRect();
  let outside = 0;
  for (const element of slide.querySelectorAll("*")) {
    if (element.closest("aside, mjx-assistive-mml, svg *")) continue;
    const box = element.getBoundingClientRect();
    if (box.width) outside = Math.max(outside, box.bottom - page.bottom, box.right - page.right);
    if (element.matches("pre"))
      outside = Math.max(outside, element.scrollWidth - element.clientWidth);
  }
  const shown = slide.cloneNode(true);
  shown.querySelectorAll("aside, pre, code, mjx-container").forEach(element => element.remove());
  const empty = !slide.querySelector("p:not(.section), li, img, pre, h1, table");
  return {outside: Math.round(outside), raw: /\\$.+\\$/s.test(shown.textContent), empty,
          wrong: slide.querySelectorAll("mjx-merror, [data-mml-node=merror]").length};
}"""


def check_deck(page, path: Path, pictures: Path | None) -> list[str]:
    """Return what is wrong with one deck, one line each; save a picture of each slide if a folder is given."""
    found = []
    page.on("console", lambda message: message.type == "error" and found.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    page.on("request", lambda r: r.url.startswith("http") and found.append(f"asks for {r.url}"))
    page.goto(path.as_uri())
    page.wait_for_function("window.deck && MathJax.startup && MathJax.startup.promise")
    page.evaluate("() => Promise.all([window.deck, MathJax.startup.promise, document.fonts.ready])")
    for number in range(page.evaluate("() => Reveal.getTotalSlides()")):
        page.evaluate(
            "() => Reveal.getCurrentSlide().querySelectorAll('.fragment').forEach(f => Reveal.nextFragment())"
        )
        state = page.evaluate(MEASURE)
        if pictures:
            page.screenshot(path=str(pictures / f"{path.name.split('.')[0]}_{number + 1:02}.png"))
        told = {"outside": "pixels lie outside", "raw": "a formula is not set", "wrong": "formulas are wrong",
                "empty": "a heading and nothing else"}  # fmt: skip
        found += [
            f"slide {number + 1}: {int(state[key])}: {words}" for key, words in told.items() if state[key]
        ]
        page.evaluate("() => Reveal.next()")
    return [f"{path.name}: {line}" for line in found]


def main(arguments: list[str]) -> None:
    pictures = Path(arguments[1]) if arguments[:1] == ["--pictures"] else None
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        sys.exit(
            "The package playwright is missing. Remedy: pip install playwright (in .venv), then try again."
        )
    decks = sorted(TARGET.glob("*.slides.html"))
    if not decks:
        sys.exit(str(CourseError(f"{TARGET} holds no decks. Remedy: make slides.")))
    browser_path, found = os.environ.get("BROWSER", "/usr/bin/chromium"), []
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        except Error:
            sys.exit(
                f"{browser_path} does not start. Remedy: apt-get install chromium, or BROWSER=/path/to/chrome."
            )
        context = browser.new_context(viewport=SIZE, offline=True)
        for deck in decks:
            page = context.new_page()
            found += check_deck(page, deck, pictures)
            page.close()
        browser.close()
    print("\n".join(found) or f"{len(decks)} decks fit, with no network.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main(sys.argv[1:])
