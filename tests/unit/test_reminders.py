"""Each message of each digest arrives once: whatever fails, whoever else sends, however often one tries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from kb.access.signing import Signer
from kb.errors import NotDelivered, QueryError
from kb.model import WeeklyTime
from kb.notify.digest import Material
from kb.notify.links import Links
from kb.notify.reminders import Recipient, Reminders, Schedule
from kb.notify.sending import Outcome, Sending
from kb.ports.notices import Digest, NoticeState
from kb.review.queue_page import ReviewItem
from kb.rules.weeks import Week
from kb.store.confirm_links import ConfirmLinks
from kb.store.database import Database
from kb.store.notices import Notices
from tests.conformance.test_notifier import robot
from tests.local_servers import Reply
from tests.robots import Robots, robots, saying
from tests.unit.access_desk import Clock
from tests.unit.test_notify_digest import STALE

OWNER, OTHER = "售后业务部", "物流业务部"
WEEK = Week(2026, 47)
MANY = [replace(STALE, id=f"article-{number}", title=f"标题{number}" * 60) for number in range(20)]


class Office:
    """Owners with robots, and what there is to say to them; one more of these on the same folder is another process."""

    def __init__(self, folder: Path, server: Robots, clock: Clock, owners: dict[str, Sequence[str]]) -> None:
        self.clock, self.server, self.lock = clock, server, folder / "lock"
        self.database = Database(folder / "zhida.db")
        self.notices = Notices(self.database)
        self.items: list[ReviewItem] = [STALE]
        self.waited: list[float] = []
        recipients = {name: [Recipient(robot(server, v, clock), "李雷") for v in to] for name, to in owners.items()}
        self.digests = [Digest(str(WEEK), name, one.notifier.key) for name, to in recipients.items() for one in to]
        self.reminders = Reminders(
            recipients,
            Sending(self.notices, clock, self.wait),
            Links(ConfirmLinks(self.database), Signer(b"key"), "https://kb.example.com", clock),
            Schedule("https://kb.example.com", WeeklyTime.parse("sun 17:00"), self.lock),
            lambda article_id: "revision",
            clock,
        )

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.turn(seconds=seconds)

    def gather(self, owner: str, day: date) -> Material:
        if owner == "没有条目的部门":
            raise QueryError("没有这个业务部门")
        return Material(self.items)

    def remind(self, again: bool = False, owner: str | None = None) -> list[Outcome]:
        return self.reminders.remind(self.gather, self.reminders.week(), owner, again)

    def states(self, number: int = 0) -> list[str]:
        return [notice.state.value for notice in self.notices.of(self.digests[number])]


@pytest.fixture
def clock() -> Clock:
    clock = Clock()  # a Sunday, which is the last day of a week
    clock.turn(minutes=7)
    return clock


@pytest.fixture
def server(clock: Clock) -> Iterator[Robots]:
    with robots(clock) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, server: Robots, clock: Clock) -> Office:
    return Office(tmp_path, server, clock, {OWNER: ["wecom"]})


def failing_after(server: Robots, count: int, reply: Reply) -> None:
    """From the message after the first ``count`` on."""
    server.instead = lambda vendor: reply if server.requests > count else None


def test_once_a_week(office: Office) -> None:
    (first,), (second,) = office.remind(), office.remind()
    assert (first.sent, first.parts, first.is_good) == (1, 1, True)
    assert (second.sent, second.parts, second.is_good) == (0, 1, True)
    assert len(office.server.received["wecom"]) == 1

    office.clock.turn(days=1)
    (monday,) = office.remind()
    assert monday.sent == 1
    assert "2026-W48" in office.server.received["wecom"][1]


def test_every_owner_on_every_channel(tmp_path: Path, server: Robots, clock: Clock) -> None:
    office = Office(tmp_path, server, clock, {OWNER: ["wecom", "dingtalk", "feishu"], OTHER: ["wecom"]})
    assert [outcome.sent for outcome in office.remind()] == [1, 1, 1, 1]
    assert {vendor: len(texts) for vendor, texts in server.received.items()} == {"wecom": 2, "dingtalk": 1, "feishu": 1}


def test_one_owner_only(tmp_path: Path, server: Robots, clock: Clock) -> None:
    office = Office(tmp_path, server, clock, {OWNER: ["wecom"], OTHER: ["feishu"]})
    office.remind(owner=OTHER)
    assert server.received["wecom"] == []
    with pytest.raises(QueryError, match=f"{OWNER}、{OTHER}"):
        office.remind(owner="没有的部门")


def test_the_next_run_sends_the_parts_that_are_missing(office: Office) -> None:
    office.items = MANY
    failing_after(office.server, 2, saying(200, {"errcode": 93000, "errmsg": "invalid"})("wecom"))
    (first,) = office.remind()
    assert first.parts > 3
    assert (first.sent, first.open, first.unknown) == (2, first.parts - 2, 0)
    assert "93000" in first.trouble

    office.items = [STALE]  # in the meantime they were all verified: what was begun is finished as it was
    office.server.instead = lambda vendor: None
    (second,) = office.remind()
    assert (second.sent, second.is_good) == (first.parts - 2, True)
    arrived = "".join(office.server.received["wecom"])
    assert [arrived.count(f"/a/{item.id})") for item in MANY] == [1] * len(MANY)


def test_what_may_go_through_later_is_tried_again_with_longer_and_longer_waits(office: Office) -> None:
    office.server.instead = lambda vendor: saying(503)(vendor) if office.server.requests < 3 else None
    (outcome,) = office.remind()
    assert (outcome.sent, outcome.is_good) == (1, True)
    assert office.waited == [0, 2, 10]
    assert len(office.server.received["wecom"]) == 1


def test_a_refusal_is_not_tried_again_in_the_same_run(office: Office) -> None:
    office.server.instead = saying(200, {"errcode": 93000})
    (outcome,) = office.remind()
    assert (outcome.open, office.server.requests) == (1, 1)


def test_a_robot_that_stays_busy_is_given_up_until_the_next_run(office: Office) -> None:
    office.server.instead = saying(429)
    (outcome,) = office.remind()
    assert (outcome.sent, outcome.open, office.server.requests) == (0, 1, 4)


def test_what_may_have_arrived_is_sent_again_only_if_somebody_says_so(office: Office) -> None:
    office.items = MANY
    failing_after(office.server, 1, saying(502)("wecom"))
    (outcome,) = office.remind()
    assert (outcome.sent, outcome.unknown) == (1, 1)
    assert "不确定" in outcome.trouble

    office.server.instead = lambda vendor: None
    (second,) = office.remind()
    assert (second.sent, second.open, second.unknown) == (outcome.parts - 2, 0, 1)
    assert not second.is_good
    (third,) = office.remind(again=True)
    assert (third.sent, third.unknown, third.is_good) == (1, 0, True)
    assert len(office.server.received["wecom"]) == outcome.parts


def test_what_somebody_was_killed_over_may_have_arrived(office: Office) -> None:
    office.reminders.remind(office.gather, WEEK)
    (notice,) = office.notices.of(office.digests[0])
    office.notices.settle(notice, NoticeState.CLAIMED, office.clock())
    (outcome,) = office.remind()
    assert (outcome.sent, outcome.unknown) == (0, 1)
    assert "中断" in outcome.trouble
    assert office.states() == ["unknown"]


def test_two_at_once(tmp_path: Path, office: Office) -> None:
    with FileLock(office.lock), pytest.raises(NotDelivered, match="另一个进程"):
        Office(tmp_path, office.server, office.clock, {OWNER: ["wecom"]}).remind()
    assert office.server.requests == 0


def test_a_message_that_somebody_else_claimed_is_theirs(office: Office) -> None:
    office.reminders.remind(office.gather, WEEK)
    digest = replace(office.digests[0], owner=OTHER)
    office.notices.begin(digest, "t", ["一"], office.clock())
    assert not office.notices.begin(digest, "t", ["二", "三"], office.clock())
    (notice,) = office.notices.of(digest)
    assert office.notices.settle(notice, NoticeState.CLAIMED, office.clock())
    assert not office.notices.settle(notice, NoticeState.CLAIMED, office.clock())


def test_nothing_to_say_is_settled_for_the_week(office: Office) -> None:
    office.items = []
    (outcome,) = office.remind()
    assert (outcome.parts, outcome.is_good) == (0, True)
    office.items = [STALE]
    (later,) = office.remind()
    assert (later.sent, office.server.requests) == (0, 0)


def test_an_owner_without_articles_keeps_nobody_else_from_being_reminded(
    tmp_path: Path, server: Robots, clock: Clock
) -> None:
    office = Office(tmp_path, server, clock, {"没有条目的部门": ["feishu"], OWNER: ["wecom"]})
    assert [one.trouble for one in office.reminders.preview(office.gather, WEEK)] == ["没有这个业务部门", ""]
    none, other = office.remind()
    assert "没有这个业务部门" in none.trouble
    assert other.sent == 1


def test_a_preview_is_what_is_sent_and_changes_nothing(office: Office) -> None:
    office.items = MANY
    (preview,) = office.reminders.preview(office.gather, WEEK)
    assert office.states() == []
    assert ConfirmLinks(office.database).get(1) is None
    office.remind()
    sent = office.server.received["wecom"]
    assert [len(part) for part in preview.parts] == pytest.approx([len(part) for part in sent], abs=40)
    assert preview.parts[0].partition("/confirm/")[0] == sent[0].partition("/confirm/")[0]
    assert office.reminders.preview(office.gather, WEEK) == []


def test_a_preview_of_what_was_begun_is_the_rest(office: Office) -> None:
    office.items = MANY
    failing_after(office.server, 1, saying(404)("wecom"))
    (outcome,) = office.remind()
    (preview,) = office.reminders.preview(office.gather, WEEK)
    assert len(preview.parts) == outcome.open
    links = [link for part in preview.parts for link in re.findall(r"/confirm/(\S+)\)", part)]
    assert links
    assert set(links) == {"0-" + "0" * 32}, "nobody confirms by what a preview shows"


def test_what_was_sent_is_not_kept(office: Office) -> None:
    office.remind()
    (notice,) = office.notices.of(office.digests[0])
    assert (notice.state, notice.text) == (NoticeState.SENT, "")


def test_the_server_sends_from_the_moment_on_and_only_once(office: Office) -> None:
    reminders, clock = office.reminders, office.clock
    assert reminders.due() is None
    clock.now = clock.now.replace(hour=16, minute=59)
    assert reminders.due() is None
    clock.turn(minutes=1)
    assert reminders.due() == WEEK
    office.remind()
    assert reminders.due() is None
    clock.turn(hours=6)
    assert reminders.due() is None
    clock.turn(days=1)
    assert reminders.due() is None, "another week, whose Sunday has not come"


def test_what_the_server_could_not_send_it_tries_again_after_a_while(office: Office) -> None:
    office.clock.now = office.clock.now.replace(hour=17, minute=7)
    office.server.instead = saying(404)
    office.remind()
    assert "404" in office.reminders.trouble()
    assert office.reminders.due() is None
    office.clock.turn(minutes=15, seconds=1)
    assert office.reminders.due() == WEEK
    office.server.instead = lambda vendor: None
    office.remind()
    assert (office.reminders.due(), office.reminders.trouble()) == (None, "")


def test_what_may_have_arrived_the_server_leaves_alone(office: Office) -> None:
    office.clock.turn(days=-2)
    office.server.instead = saying(502)
    office.remind()
    office.clock.turn(days=1)
    assert "不确定" in office.reminders.trouble()
    office.clock.now = office.clock.now.replace(hour=17) + timedelta(days=1)
    assert (office.reminders.due(), office.reminders.trouble()) == (None, "")


@pytest.mark.parametrize("text", ["2026-W48", "2027-W01"])
def test_a_week_that_has_not_begun(office: Office, text: str) -> None:
    with pytest.raises(QueryError, match="还没有到"):
        office.reminders.week(text)


def test_weeks_that_are_over_can_be_finished(office: Office) -> None:
    assert office.reminders.week("2026-W40") == Week(2026, 40)
    assert office.reminders.week() == WEEK


def test_without_owners_it_is_said_how_to_name_some(tmp_path: Path, server: Robots, clock: Clock) -> None:
    with pytest.raises(QueryError, match=r"\[notify\.owners\]"):
        Office(tmp_path, server, clock, {}).remind()
