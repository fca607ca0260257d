"""Those who write while agents search: editors on the same few articles, and a reviewer going down the queue."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import quote

from tests.bench.load_agents import Pace
from tests.bench.load_browser import Browser, Trouble
from tests.bench.load_records import Records, Saved

#: seconds until a save must be found, however loaded the machine is
SEEN_WITHIN = 15.0
_LOOK_EVERY = 0.25
_RESTS = 3  # while an article is edited
_CONFLICT = 409
_ROW = re.compile(r'data-row="([^"]+)"')
_REVISION = re.compile(r'name="revision" value="([^"]+)"')


class Person:
    """Somebody with a login. ``work`` begins no second article after ``until`` (seconds since the run began)."""

    def __init__(self, name: str, password: str, browser: Browser, records: Records, pace: Pace, rng: Random) -> None:
        self.name, self._password = name, password
        self.browser, self._records = browser, records
        self._pace, self._rng = pace, rng

    async def work(self, until: float) -> None:
        """Log in; then one article after another, the first also when logging in took all the time."""
        await self._records.sleep(self._rng.uniform(0, self._pace.arrival), until)
        await self.browser.log_in(self.name, self._password)
        while True:
            with suppress(Trouble):
                await self._one()
            await self._records.sleep(self._rng.uniform(*self._pace.editing), until)
            if self._records.now() >= until:
                return

    async def _one(self) -> None:
        raise NotImplementedError

    async def _rest(self) -> None:
        await asyncio.sleep(self._rng.uniform(*self._pace.resting))


class Editor(Person):
    """Adds a line of its own to an article, and looks whether it is found."""

    def __init__(self, articles: Sequence[str], *person: Any) -> None:
        """``person``: what a Person takes; all share ``articles``."""
        super().__init__(*person)
        self._articles = articles
        self._edits = 0

    async def _one(self) -> None:
        self._edits += 1
        line = f"{self.name}{_letters(self._edits)}"
        article_id = self._rng.choice(self._articles)
        while not await self._add(article_id, line):
            self._records.conflicts += 1
            await self._rest()

    async def _add(self, article_id: str, line: str) -> bool:
        """Open, write, keep as a draft, publish; False when somebody else was faster."""
        address = f"/api/v1/articles/{quote(article_id)}"
        await self.browser.page("edit page", f"/edit/{quote(article_id)}")
        now = (await self.browser.get("open to edit", f"{address}/draft")).json
        source = f"{now['source'].rstrip()}\n{line}\n"
        await self._write(article_id, now["path"], source)
        draft = {"If_Match": now["draft"]["revision"]} if now["draft"] else {"If_None_Match": "*"}
        expected = {200, _CONFLICT}
        kept = await self.browser.send("draft", "PUT", address, {"source": source, "draft": True}, expected, **draft)
        if kept.status == _CONFLICT:
            return False
        await self._rest()
        at, body = self._records.now(), {"source": source, "note": line}
        done = await self.browser.send("save", "PUT", address, body, expected, If_Match=now["revision"])
        if done.status == _CONFLICT:
            return False
        seen = await self._seen(article_id, line, at)
        self._records.saves.append(Saved(article_id, line, done.json["revision"], at, seen))
        await self.browser.page("article page", f"/a/{quote(article_id)}", published=1)
        return True

    async def _write(self, article_id: str, path: str, source: str) -> None:
        """What the page asks whenever the hands rest."""
        product, scenario, _ = path.split("/", 2)
        unsaved = {"source": source, "id": article_id, "product": product, "scenario": scenario}
        for _ in range(_RESTS):
            await self._rest()
            await self.browser.send("preview", "POST", "/api/v1/preview", {"id": article_id, "source": source})
            await self.browser.send("check", "POST", "/api/v1/check", unsaved)

    async def _seen(self, article_id: str, line: str, at: float) -> float | None:
        """Seconds from sending the save to finding it; None when it was not found in time."""
        while (waited := self._records.now() - at) < SEEN_WITHIN:
            found = await self.browser.get("search for a save", "/api/v1/search", q=line, limit=10)
            if article_id in [hit["id"] for hit in found.json["hits"]]:
                return self._records.now() - at
            await asyncio.sleep(min(_LOOK_EVERY, SEEN_WITHIN - waited))
        return None


class Reviewer(Person):
    """Opens one of the riskiest articles and confirms it, or sends it back with a note."""

    async def _one(self) -> None:
        rows = _ROW.findall(await self.browser.page("review queue", "/review"))
        if not rows:
            return
        address = f"/review/{quote(self._rng.choice(rows[:10]))}"
        revision = _REVISION.search(await self.browser.page("review item", address))
        if revision is None:
            return
        await self._rest()
        at, verdict = self._records.now(), self._rng.choice(["confirm", "confirm", "revise"])
        fields = {"verdict": verdict, "revision": revision[1], "note": "请核对时限" if verdict == "revise" else ""}
        answer = await self.browser.submit("verdict", address, fields, {200, _CONFLICT})
        if answer.status == _CONFLICT:
            self._records.conflicts += 1
        else:
            self._records.reviews[answer.json["review"]] = at


def _letters(number: int) -> str:
    """A number as letters, which make one word that nobody else writes."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}")
