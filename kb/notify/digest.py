"""What an owner is told: what was sent back, what needs a reviewer, what is due this week; the riskiest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from urllib.parse import quote

from kb.model import State
from kb.review.guard import alarm
from kb.review.queue_page import ReviewItem
from kb.rules.weeks import Week
from kb.text.controls import one_line

#: articles of each kind that are listed; nobody works through more from a message
SHOWN = 20
_REASONS = 3
_LONGEST_NOTE = 100
#: would be read as formatting, links or mentions by some messenger; none of them agrees with another on escapes
_LOOKALIKES = str.maketrans("[]<>*`@#\\|", "［］＜＞＊｀＠＃＼｜")

#: the address by which an article is confirmed
Confirming = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Returned:
    """An article that a reviewer has sent back: by whom, when, and why."""

    article_id: str
    title: str
    reviewer: str
    day: date
    note: str


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to say to one owner: ``items`` of the review queue, in its order, and what was sent back."""

    items: Sequence[ReviewItem]
    returned: Sequence[Returned] = ()


def title_of(owner: str, week: Week) -> str:
    """The subject."""
    return f"{_plain(owner)} 知识复核提醒（{week}）"


def compose(
    owner: str, week: Week, material: Material, base_url: str, confirming: Confirming | None = None
) -> str | None:
    """The digest as Markdown; None when there is nothing to say. ``confirming``: for readers who may confirm."""
    returned = {one.article_id for one in material.returned}
    rest = [item for item in material.items if item.id not in returned]
    due = [item for item in rest if _is_coming(item) and item.due is not None and item.due <= week.sunday]
    open_now = [item for item in rest if not _is_coming(item)]
    sections = (
        _section("退回待改", [_returned(one, base_url) for one in material.returned]),
        _section("需要复核，风险大的在前", (_item(item, base_url, confirming) for item in open_now), len(open_now)),
        _section("本周到期", (_item(item, base_url, confirming) for item in due), len(due)),
    )
    if not (returned or open_now or due):
        return None
    overdue = sum(item.days_overdue > 0 for item in open_now)
    counts = f"需要复核 {len(open_now)} 条（逾期 {overdue} 条），本周到期 {len(due)} 条，退回待改 {len(returned)} 条。"
    link = f"[打开复核清单]({base_url}/review?owner={quote(owner, safe='')})"
    hint = "\n点“确认有效”会打开一页，在那里再点一次按钮才算确认；每个链接 8 天内有效，只能用一次。\n"
    return "".join(
        [f"{counts}{link}\n", *(line for section in sections for line in section), hint if confirming else ""]
    )


def _is_coming(item: ReviewItem) -> bool:
    return item.state is State.DUE and item.days_overdue == 0


def _section(heading: str, lines: Iterable[str], count: int | None = None) -> Iterator[str]:
    """Only what is shown is made: links are written down when they are made."""
    shown = list(islice(lines, SHOWN))
    if not shown:
        return
    yield f"\n**{heading}**\n\n"
    yield from (f"{number}. {line}\n" for number, line in enumerate(shown, 1))
    if count is not None and count > len(shown):
        yield f"\n另有 {count - len(shown)} 条，见复核清单。\n"


def _item(item: ReviewItem, base_url: str, confirming: Confirming | None) -> str:
    """What bulk confirmation leaves out has no link either: the evidence is on the review screen."""
    used = f"（28 天内被用 {item.exposure} 次）" if item.exposure else ""
    reasons = _plain("；".join(item.reasons[:_REASONS]))
    confirm = f" [确认有效]({confirming(item.id)})" if confirming and not alarm(item) else ""
    return f"[{_plain(item.title)}]({base_url}/a/{quote(item.id)})：{reasons}{used}{confirm}"


def _returned(one: Returned, base_url: str) -> str:
    link = f"[{_plain(one.title)}]({base_url}/edit/{quote(one.article_id)})"
    return f"{link}：{_plain(one.reviewer)} {one.day} 退回，“{_plain(one.note)[:_LONGEST_NOTE]}”"


def _plain(text: str) -> str:
    """Words that no messenger takes for anything else, in one line."""
    return one_line(text).translate(_LOOKALIKES)
