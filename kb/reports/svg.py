"""Charts as SVG, drawn on the server: no script, no style of their own, colours by class: a strict CSP lets them pass.

Each says in ``<title>`` and ``<desc>`` what it shows; the page has the same figures in a table beside it. Numbers are
written with two decimals at most, so that every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

#: of a column chart, in its own units; text is 11 of them high
WIDTH, HEIGHT = 360.0, 150.0
_TOP, _BOTTOM, _LEFT, _RIGHT = 14.0, 18.0, 34.0, 8.0
#: a label under a column takes as much
_LABEL = 32.0
#: where there are few columns
_WIDEST = 34.0


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a bar or column: ``kind`` is its class, ``label`` its name."""

    kind: str
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column of parts, the lowest first; ``label`` stands under it."""

    label: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """How high it is."""
        return sum(part.value for part in self.parts)


def bar(name: str, title: str, parts: Sequence[Part], whole: float) -> str:
    """Parts side by side as wide as the place allows; ``whole`` would fill it. ``name`` is unique on the page."""
    pieces, at = [], 0.0
    for part in parts:
        width = 100 * part.value / whole if whole else 0.0
        if width > 0:
            pieces.append(f'<rect class="{part.kind}" x="{number(at)}" y="0" width="{number(width)}" height="8"/>')
        at += width
    told = "，".join(f"{part.label} {number(part.value)}" for part in parts if part.value)
    return svg(name, "strip", "0 0 100 8", title, told, pieces, ' preserveAspectRatio="none"')


def columns(name: str, title: str, shown: Sequence[Column]) -> str:
    """Columns from left to right below a scale; of many, as many are labelled as there is room for, the last always."""
    highest = _round_up(max((column.total for column in shown), default=0.0))
    step = min((WIDTH - _LEFT - _RIGHT) / max(len(shown), 1), _WIDEST)
    every = max(1, -(-int(_LABEL) // max(int(step), 1)))
    pieces = list(_scale(highest))
    for at, column in enumerate(shown):
        left = _LEFT + at * step
        pieces += _stack(column, left + step * 0.12, step * 0.76, highest)
        if (len(shown) - 1 - at) % every == 0:
            pieces.append(text(left + step / 2, HEIGHT - 4, "middle", column.label))
    told = "；".join(f"{column.label} {number(column.total)}" for column in shown)
    return svg(name, "columns", f"0 0 {number(WIDTH)} {number(HEIGHT)}", title, told, pieces)


def _stack(column: Column, left: float, width: float, highest: float) -> Iterable[str]:
    """The parts of a column, each with its figure for whoever points at it."""
    base = HEIGHT - _BOTTOM
    for part in column.parts:
        height = (HEIGHT - _TOP - _BOTTOM) * part.value / highest if highest else 0.0
        if height <= 0:
            continue
        base -= height
        told = f"<title>{escape(column.label)} {escape(part.label)} {number(part.value)}</title>"
        place = f'x="{number(left)}" y="{number(base)}" width="{number(width)}" height="{number(height)}"'
        yield f'<rect class="{part.kind}" {place}>{told}</rect>'


def _scale(highest: float) -> Iterable[str]:
    """Nothing, half and all, with lines across."""
    for value in (0.0, highest / 2, highest) if highest else (0.0,):
        y = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (value / highest if highest else 0.0)
        yield f'<line x1="{number(_LEFT)}" x2="{number(WIDTH)}" y1="{number(y)}" y2="{number(y)}"/>'
        yield text(_LEFT - 4, y + 4, "end", number(value))


def text(x: float, y: float, anchor: str, said: str) -> str:
    """A word that begins, ends or has its middle (``anchor``) at a place."""
    return f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escape(said)}</text>'


def _round_up(value: float) -> float:
    """The next number that is good to read off a scale: 2, 4, 6, 8 or 10 times a power of ten, 2 at least."""
    if value <= 0:
        return 0.0
    unit = 1.0
    while unit * 10 < value:
        unit *= 10
    return next(unit * times for times in (2, 4, 6, 8, 10) if unit * times >= value)


def svg(name: str, look: str, box: str, title: str, told: str, pieces: Iterable[str], more: str = "") -> str:
    """A whole picture; ``look`` is its class, ``told`` what it shows in words, ``more`` attributes."""
    head = f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(told or "没有数据")}</desc>'
    attributes = f'class="chart {look}" viewBox="{box}" role="img" aria-labelledby="{name}-t {name}-d"{more}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{head}{"".join(pieces)}</svg>'


def number(value: float) -> str:
    """A number as short as it can be written."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
