"""Agents as a load: three chats open, a few keystrokes, a pick or Enter, a copy, now and then a vote."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from kb.text.pinyin import typed_as
from tests.bench.load_browser import Browser, Trouble
from tests.bench.load_records import Records

_SHOWN = 8  # suggestions, as the page asks for
_HIT = re.compile(r'data-pick="([^"]+)"')
_ENTRY = re.compile(r'data-opened="([^"]+)" data-position="(\d+)"')
_LONGEST = 6


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that people take.

    Three chats in each of which something has to be looked up every 45 s are a look-up every 15; the pauses between
    are exponential, as for customers who don't know of each other.
    """

    arrival: float = 45.0  # within these everybody has come, with an empty browser
    pause: float = 15.0  # mean
    key: tuple[float, float] = (0.12, 0.30)
    reading: tuple[float, float] = (1.0, 5.0)
    editing: tuple[float, float] = (20.0, 60.0)  # between an editor's, a reviewer's articles
    resting: tuple[float, float] = (1.0, 3.0)  # of an editor's hands: then the page asks for preview and checks


def question(texts: Sequence[str], rng: Random) -> str:
    """A real question, or in one of three the beginning of one and the end of another."""
    text, other = rng.choice(texts), rng.choice(texts)
    return text if rng.random() < 2 / 3 else text[: len(text) // 2] + other[len(other) // 2 :]


def keystrokes(text: str, rng: Random) -> list[str]:
    """What the box says after each of two to six keys: from somewhere in the question, in one of four as initials."""
    start = rng.randrange(max(1, len(text) - 3))
    part = text[start : start + rng.randint(2, _LONGEST)]
    if rng.random() < 1 / 4:
        part = typed_as(part).rpartition(" ")[2]
    return [part[:end] for end in range(1, len(part) + 1) if part[:end].strip()]


class Agent:
    """One agent; ``work`` ends with the look-up in hand at ``until`` (seconds since the run began)."""

    def __init__(self, browser: Browser, records: Records, texts: Sequence[str], pace: Pace, rng: Random) -> None:
        self.browser, self._records = browser, records
        self._texts, self._pace, self._rng = texts, pace, rng
        self._panel: list[tuple[str, str]] = []  # (article, position)

    async def work(self, until: float) -> None:
        """Come, and look things up."""
        await self._records.sleep(self._rng.uniform(0, self._pace.arrival), until)
        await self._go_home()
        ways = (self._pick, self._search, self._use_panel, self._ask_by_program)
        while self._records.now() < until:
            (way,) = self._rng.choices(ways, (45, 30, 15, 10))
            with suppress(Trouble):
                await way()
            pause = min(self._rng.expovariate(1 / self._pace.pause), 4 * self._pace.pause)
            await self._records.sleep(pause, until)

    async def _type(self) -> tuple[str, list[Any]]:
        """Keys go on while answers are on their way; the page would drop those that are late, here they are timed."""
        typed = keystrokes(question(self._texts, self._rng), self._rng) or ["退款"]
        waiting = []
        for text in typed:
            asking = self.browser.get("suggest", "/api/v1/suggest", q=text, limit=_SHOWN)
            waiting.append(asyncio.create_task(asking))
            await asyncio.sleep(self._rng.uniform(*self._pace.key))
        answers = await asyncio.gather(*waiting)
        return typed[-1], answers[-1].json["suggestions"]

    async def _pick(self) -> None:
        """An article among the suggestions; without any, Enter."""
        typed, rows = await self._type()
        found = [(at, row["id"]) for at, row in enumerate(rows, 1) if row["kind"] == "article"]
        if not found:
            return await self._submit(typed)
        position, article_id = self._rng.choice(found[:4])
        await self._tell("pick", article_id, typed, position)
        return await self._open(article_id, typed, position)

    async def _search(self) -> None:
        typed, _ = await self._type()
        await self._submit(typed)

    async def _submit(self, typed: str) -> None:
        """Enter; then what was found is copied from the list, or opened first."""
        html = await self.browser.page("search page", "/", q=typed)
        hits = list(dict.fromkeys(_HIT.findall(html)))[:5]
        if not hits:
            return
        await self._read()
        position = self._rng.randrange(len(hits)) + 1
        article_id = hits[position - 1]
        if self._rng.random() < 0.6:
            await self._tell("copy", article_id, typed, position)
            return
        await self._tell("pick", article_id, typed, position)
        await self._open(article_id, typed, position)

    async def _use_panel(self) -> None:
        await self._go_home()
        if not self._panel:
            return
        article_id, position = self._rng.choice(self._panel)
        await self._tell("open", article_id, None, int(position))
        await self._read()
        await self._tell("copy", article_id, None, int(position))

    async def _ask_by_program(self) -> None:
        """The agent's desktop asks for a whole question and shows what it gets."""
        asked = question(self._texts, self._rng)[:100]
        hits = (await self.browser.get("search API", "/api/v1/search", q=asked)).json["hits"]
        await self._read()
        if hits:
            await self._tell("copy", hits[0]["id"], asked, 1)

    async def _open(self, article_id: str, typed: str, position: int) -> None:
        """Read the article, copy it mostly, vote now and then, go back."""
        await self.browser.page("article page", f"/a/{quote(article_id)}")
        self._records.sent[article_id, "view"] += 1
        await self._read()
        if self._rng.random() < 0.8:
            await self._tell("copy", article_id, typed, position)
        if self._rng.random() < 0.05:
            vote = self._rng.choice(["helpful", "helpful", "unhelpful", "outdated"])
            await self.browser.send("feedback", "POST", "/api/v1/feedback", {"id": article_id, "vote": vote}, {204})
            self._records.sent[article_id, vote] += 1
        await self._go_home()

    async def _tell(self, kind: str, article_id: str, query: str | None, position: int) -> None:
        told = {"kind": kind, "id": article_id, "query": query, "position": position, "ms": 2500}
        await self.browser.send("event", "POST", "/api/v1/events", told, {204})
        self._records.sent[article_id, kind] += 1

    async def _go_home(self) -> None:
        html = await self.browser.front_page()
        if html is not None:
            self._panel = _ENTRY.findall(html)

    async def _read(self) -> None:
        await asyncio.sleep(self._rng.uniform(*self._pace.reading))
