"""A chat → the few sentences worth searching, each with what to search for and how much it counts.

Later sentences count more than earlier ones and questions more than statements. A short follow-up ("那多久能到？") says
little by itself and is searched together with the sentence before it, whoever said that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.errors import QueryError
from kb.model import Message, Sentence
from kb.rules.query import MAX_QUERY
from kb.text.chatter import SOFT_BREAK, essence, without_links
from kb.text.normalize import letters_of

#: characters of all messages together; a longer chat is about several things
MAX_CONVERSATION = 4000

#: so many sentences are searched
MAX_SENTENCES = 8

#: characters; a longer sentence is a chain of clauses and is searched in pieces
_LONG = 40

#: what a sentence counts for every later one of the customer's
_FADING = 0.93
#: what a statement counts beside a question, and a follow-up beside the sentence that it hangs on
_STATEMENT = 0.6
_HANGING = 0.8

_END = re.compile(r"[。！？!?；;…\n\r\v\f\x85\u2028\u2029]+|\.(?=\s|$)")
_QUESTION = re.compile(
    r"[？?吗]|么\s*$|呢\s*$|怎么|怎样|咋|如何|为什么|为何|为啥|什么|啥|哪|多久|多少|多长|几[天个次号点]|"
    r"能不能|可不可以|是不是|有没有|要不要|会不会|能否|是否|可否|\b(?:how|what|why|when|where|can|could|is|do|does)\b",
    re.IGNORECASE,
)
_COMMAS = "，,、～~ \t\n\r\u3000"
_FOLLOW_UP = re.compile(r"那|这|它|还|然后|所以|如果|要是|怎么办|多久|多少|什么时候|为什么|为啥")
_FOLLOW_UP_LETTERS = 10
_TOO_SHORT_LETTERS = 4


class _Piece(NamedTuple):
    """``[start:end]`` of a message, and the same without links."""

    start: int
    end: int
    text: str


def sentences(messages: Sequence[Message]) -> tuple[Sentence, ...]:
    """At most MAX_SENTENCES of the customer's, in order of the chat; of equal ones the last. Raises QueryError."""
    length = sum(len(message.text) for message in messages)
    if length > MAX_CONVERSATION:
        raise QueryError(f"消息共 {length} 个字，超过 {MAX_CONVERSATION} 字的上限，请只发最后几条。")
    found: dict[str, Sentence] = {}
    before = ""
    for number, message in enumerate(messages):
        for piece in _pieces(message.text):
            own = essence(piece.text)[:MAX_QUERY]
            if own and message.by_customer:
                query = _in_context(own, before)
                found.pop(query, None)
                weight = (1.0 if _QUESTION.search(piece.text) else _STATEMENT) * (1.0 if query == own else _HANGING)
                text = message.text[piece.start : piece.end]
                found[query] = Sentence(text, number, piece.start, piece.end, query, weight)
            before = own or before
    return _weightiest(list(found.values()))


def _weightiest(told: Sequence[Sentence]) -> tuple[Sentence, ...]:
    faded = [
        Sentence(s.text, s.message, s.start, s.end, s.query, round(s.weight * _FADING ** (len(told) - place), 4))
        for place, s in enumerate(told, 1)
    ]
    kept = sorted(range(len(faded)), key=lambda place: (-faded[place].weight, -place))[:MAX_SENTENCES]
    return tuple(faded[place] for place in sorted(kept))


def _in_context(own: str, before: str) -> str:
    """What to search for a sentence: itself, and what it hangs on when it can't stand alone."""
    letters = len(letters_of(own))
    hangs_on = letters <= _TOO_SHORT_LETTERS or (letters <= _FOLLOW_UP_LETTERS and _FOLLOW_UP.match(own))
    return f"{before[-MAX_QUERY // 2 :]} {own}" if before and hangs_on else own


def _pieces(message: str) -> Iterator[_Piece]:
    """The sentences of a message, long ones by their clauses."""
    text = without_links(message)
    start = 0
    for end in [*(mark.end() for mark in _END.finditer(text)), len(text)]:
        cuts = _cuts(text, start, end) if end - start > _LONG else [end]
        for cut in cuts:
            yield from _trimmed(text, start, cut)
            start = cut


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    """Where to cut a chain of clauses: after a question, and before a piece would grow too long."""
    begun = last = start
    for place in [*(mark.end() for mark in SOFT_BREAK.finditer(text, start, end)), end]:
        if place - begun > _LONG and last > begun:
            yield last
            begun = last
        if place == end or _QUESTION.search(text, last, place):
            yield place
            begun = place
        last = place


def _trimmed(text: str, start: int, end: int) -> Iterator[_Piece]:
    """The piece without blanks and commas around it, at most MAX_QUERY characters of it; nothing if nothing is left."""
    stripped = text[start:end].strip().strip(_COMMAS)
    if stripped:
        start = text.index(stripped, start)
        end = start + min(len(stripped), MAX_QUERY)
        yield _Piece(start, end, text[start:end])
