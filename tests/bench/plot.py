"""Small log-log charts side by side as one SVG that is readable on light and on dark pages, without a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.reports.svg import number, svg, text

WIDTH, HEIGHT = 300.0, 190.0
_COLUMNS = 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 26.0, 40.0, 22.0
_LEGEND = 30.0

_STYLE = """<style>
.chart { font: 11px system-ui, sans-serif; background: none }
text { fill: #57606a } .name { fill: #1f2328; font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1 } .slope { stroke: #8c959f; stroke-dasharray: 4 4 }
polyline, .slope { fill: none } polyline { stroke-width: 2 }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #cf222e; fill: #cf222e } .c2 { stroke: #1a7f37; fill: #1a7f37 }
.c3 { stroke: #9a6700; fill: #9a6700 } .c4 { stroke: #8250df; fill: #8250df } text.key { stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .name { fill: #f0f6fc } .grid { stroke: #3d444d } .slope { stroke: #656c76 }
  .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #ff7b72; fill: #ff7b72 } .c2 { stroke: #3fb950; fill: #3fb950 }
  .c3 { stroke: #d29922; fill: #d29922 } .c4 { stroke: #bc8cff; fill: #bc8cff }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: a line of (x, y) for every name. Both axes are logarithmic, so all values are above 0."""

    title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


def scale_plot(title: str, panels: Sequence[Panel]) -> str:
    """All panels in rows; a name has one colour everywhere, the dashed line grows as the number of articles does."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    pieces = [_STYLE, *_legend(names)]
    for at, panel in enumerate(panels):
        left, top = at % _COLUMNS * WIDTH, _LEGEND + at // _COLUMNS * HEIGHT
        drawn = "".join(_panel(panel, names))
        pieces.append(f'<g transform="translate({number(left)} {number(top)})">{drawn}</g>')
    rows = -(-len(panels) // _COLUMNS)
    box = f"0 0 {number(_COLUMNS * WIDTH)} {number(_LEGEND + rows * HEIGHT)}"
    told = "; ".join(panel.title for panel in panels)
    return svg("scale", "scale", box, title, told, pieces)


def _legend(names: Sequence[str]) -> Iterator[str]:
    for at, name in enumerate(names):
        left = _LEFT + at * 165
        yield f'<circle class="c{at}" cx="{number(left)}" cy="15" r="4"/>{text(left + 9, 19, "start", name)}'


def _panel(panel: Panel, names: Sequence[str]) -> Iterable[str]:
    points = [point for line in panel.lines.values() for point in line]
    across = _Axis.over([x for x, _ in points], _LEFT, WIDTH - _RIGHT)
    up = _Axis.over([y for _, y in points], HEIGHT - _BOTTOM, _TOP)
    yield text(_LEFT, _TOP - 12, "start", panel.title).replace("<text", '<text class="name"', 1)
    for value in up.decades():
        y = number(up.at(value))
        yield f'<line class="grid" x1="{number(_LEFT)}" x2="{number(WIDTH - _RIGHT)}" y1="{y}" y2="{y}"/>'
        yield text(_LEFT - 4, up.at(value) + 4, "end", f"{value:,.0f}" if value >= 1 else f"{value:g}")
    for value in across.decades():
        yield text(across.at(value), HEIGHT - 6, "middle", f"{value:,.0f}")
    yield _slope(points, across, up)
    for name, line in panel.lines.items():
        kind = f"c{names.index(name)}"
        places = [(number(across.at(x)), number(up.at(y))) for x, y in line]
        yield f'<polyline class="{kind}" points="{" ".join(map(",".join, places))}" fill="none"/>'
        yield from (f'<circle class="{kind}" cx="{x}" cy="{y}" r="3"/>' for x, y in places)


def _slope(points: Sequence[tuple[float, float]], across: _Axis, up: _Axis) -> str:
    """Growth in proportion, from the lowest first point as far as the chart goes."""
    x, y = min(points)
    reach = min(across.most / x, up.most / y)
    ends = [number(place) for place in (across.at(x), up.at(y), across.at(x * reach), up.at(y * reach))]
    return '<line class="slope" x1="{}" y1="{}" x2="{}" y2="{}"/>'.format(*ends)


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis over whole decades, from one place to another."""

    least: float
    most: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(10.0**low, 10.0 ** max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        """Where ``value`` is."""
        share = math.log10(value / self.least) / math.log10(self.most / self.least)
        return self.start + share * (self.end - self.start)

    def decades(self) -> list[float]:
        """The powers of ten, both ends included."""
        count = round(math.log10(self.most / self.least))
        return [self.least * 10**power for power in range(count + 1)]
