"""What of a notebook's prose fits a slide: headings, the opening sentences, formulas, lists, tables."""

import math
import re

LINE, ROOM, WORDS = 90, 12.0, 75  # characters in a line of a slide; lines a slide has, words it may have
LINE_HEIGHT = 43  # pixels
HEADING = re.compile(r"^#{1,4} .+$", re.MULTILINE)
BREAK = re.compile(r"^(?=## |### Exercise )", re.MULTILINE)
ITEM = re.compile(r"^(?:[-*]|\d+\.) ", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.?!:])\s+(?=[A-Z0-9*$`(\"])")
MATHS = re.compile(r"\$[^$]+\$")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def parts(source: str) -> list[str]:
    """Return a cell's text, cut before each section and each exercise.

    >>> parts("So much for that.\\n\\n## 2. Next\\n\\nText.")
    ['So much for that.', '## 2. Next\\n\\nText.']
    """
    return [part.strip() for part in BREAK.split(source) if part.strip()]


def blocks(text: str) -> list[str]:
    """Return paragraphs, lists, formulas, tables, headings and fenced code, in order."""
    found, inside = [], False
    for block in re.split(r"\n\s*\n", text.strip()):
        if inside:
            found[-1] += "\n\n" + block
        else:
            found.extend(piece.strip() for piece in re.split(r"^(#{1,4} .+)$", block, flags=re.MULTILINE))
        inside ^= (block.count("$$") + block.count("```")) % 2 == 1
    return [block for block in found if block]


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph; a full stop inside a formula ends none.

    >>> sentences("The limit is $0. 5 A$. It holds.")
    ['The limit is $0. 5 A$.', 'It holds.']
    """
    formulas = MATHS.findall(text)
    hidden = SENTENCE_END.split(MATHS.sub("$\0$", text))
    supply = iter(formulas)
    return [re.sub(r"\$\0\$", lambda _: next(supply), sentence) for sentence in hidden]


def items(block: str) -> list[str]:
    """Return the items of a list, each with its mark."""
    starts = [match.start() for match in ITEM.finditer(block)]
    return [block[a:b].rstrip() for a, b in zip(starts, [*starts[1:], None], strict=True)]


def first_sentence(item: str) -> str:
    """Return the mark of a list's item with its first sentence.

    >>> first_sentence("1. Stride. It may be left out.")
    '1. Stride.'
    """
    mark = ITEM.match(item).group()
    return mark + sentences(item.removeprefix(mark))[0]


def is_formula(block: str) -> bool:
    return "$$" in block


def is_prose(block: str) -> bool:
    return not (is_formula(block) or HEADING.match(block) or ITEM.match(block) or block[0] in "|`")


def lines(block: str) -> float:
    """Return about how many lines of a slide a block takes."""
    if HEADING.match(block):
        return 1.4 if block.startswith("### ") else 0.0  # a section's heading has its own place
    if is_formula(block):
        rows = block.count(r"\\") + 1
        return (
            1.5 + 1.3 * rows + sum(map(lines, [piece for piece in block.split("$$")[::2] if piece.strip()]))
        )
    if block[0] == "|":  # in a smaller type
        return sum(0.3 + 0.75 * math.ceil(len(row) / 120) for row in block.splitlines())
    if block.startswith("```"):
        return 0.8 * len(block.splitlines())
    if ITEM.match(block):
        return sum(math.ceil(len(item) / LINE) + 0.2 for item in items(block))
    return math.ceil(len(block) / LINE) + 0.6


def shortened(block: str, room: float, words: int) -> str:
    """Return the beginning of a paragraph, list or table that fits, in whole sentences, items or rows; "" if none."""
    if ITEM.match(block):
        kept = items(block)
        if lines(block) > room:
            kept = [first_sentence(item) for item in kept]
        while kept and lines("\n".join(kept)) > room:
            kept.pop()
        return "\n".join(kept)
    if block[0] == "|":
        rows = block.splitlines()
        while len(rows) > 3 and lines("\n".join(rows)) > room:
            rows.pop()
        return "\n".join(rows)
    if not is_prose(block):
        return block if lines(block) <= room else ""
    kept = sentences(block)
    while kept and (lines(" ".join(kept)) > room or len(" ".join(kept).split()) > words):
        kept.pop()
    return " ".join(kept)


def finished(text: str) -> str:
    """Return a paragraph without last sentences that lead on to something, or open a bracket they do not close."""
    kept = sentences(text)
    while len(kept) > 1 and (kept[-1][-1] not in ".?!)*" or kept[-1].count("(") > kept[-1].count(")")):
        kept.pop()
    return " ".join(kept)


def excerpt(text: str, room: float = ROOM, words: int = WORDS) -> str:
    """Return what a slide shows of a text: its headings, its opening, its formulas, as far as they fit.

    The first paragraph may be cut after a sentence, the later ones are shown in full or not at all. A formula whose
    paragraph has been left out takes that paragraph's last sentence with it, if there is room.
    """
    shown, before, cut = [], "", False
    for block in blocks(text):
        opening = not any(is_prose(one) for one in shown)
        piece = block if HEADING.match(block) else shortened(block, room, words)
        if is_formula(block) and piece and before and lines(before) + lines(block) <= room:
            shown.append(before)
            room -= lines(before)
        elif is_prose(block) and (cut or (piece != block and not opening)):
            piece = ""
        before = sentences(block)[-1] if is_prose(block) and not piece else ""
        cut = cut or piece != block
        if piece:
            shown.append(piece)
            room -= lines(piece)
            words -= len(piece.split()) if is_prose(piece) else 0
        elif shown and is_prose(shown[-1]):
            shown[-1] = finished(shown[-1])
    return "\n\n".join(shown)


def with_links_to_decks(text: str) -> str:
    """Point links between notebooks to their decks, and keep only the words of other relative links.

    >>> with_links_to_decks("[03](03_x.ipynb), [data](../data/README.md), [paper](https://arxiv.org/abs/1)")
    '[03](03_x.slides.html), data, [paper](https://arxiv.org/abs/1)'
    """

    def target(match: re.Match) -> str:
        words, address = match.groups()
        if re.fullmatch(r"\d\d_\w+\.ipynb", address):
            return f"[{words}]({address.removesuffix('.ipynb')}.slides.html)"
        return match.group() if "://" in address else words

    return LINK.sub(target, text)
