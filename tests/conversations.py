"""Two questions in one chat: are both answered on a short list? ``python -m tests.conversations [--semantic]``.

``ZHIDA_EVAL_DIR`` holds qrels sets (see ``kb eval``). Of each set pairs of questions with different right articles are
put into one chat with a greeting and an order number, in a fixed random order. Printed is the share of chats with both
answers among the first five, beside that of searching for the whole text at once.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

from kb.config import load_settings
from kb.evaluation.sets import QrelsSet, load_qrels_set
from kb.model import Message
from kb.rules.query import MAX_QUERY
from kb.usecases.recommending import Recommender
from kb.wiring.trials import evaluation_search
from tests.bench.corpus import eval_dir

CHATS = 200
LISTED = 5
CHAT = "您好，在吗\n订单号20261120123456，{}\n{}？谢谢"

Chat = tuple[str, frozenset[str], frozenset[str]]


def chats(data: QrelsSet) -> list[Chat]:
    """(text, right articles of the first question, of the second)"""
    draw = random.Random(1)  # no secret: the same chats every time
    asked = [(text, data.relevant[qid]) for qid, text in data.texts.items() if qid in data.relevant and len(text) <= 40]
    made: list[Chat] = []
    while len(made) < CHATS:
        (first, right), (second, other) = draw.sample(asked, 2)
        if right.isdisjoint(other):
            made.append((CHAT.format(first, second), right, other))
    return made


def both(chat: Chat, found: Sequence[str]) -> bool:
    """Whether both questions are answered."""
    return not (chat[1].isdisjoint(found) or chat[2].isdisjoint(found))


def main() -> None:
    """Print both shares for every set."""
    print(f"{'':12} recommend  one search")
    for folder in sorted(eval_dir().iterdir()):
        if not (folder / "corpus.jsonl").exists():
            continue
        data = load_qrels_set(folder)
        with evaluation_search(data.articles, load_settings(environ={}), "--semantic" in sys.argv) as opened:
            recommend = Recommender(opened.searcher.search).recommend
            made = chats(data)
            lists = [recommend([Message(text)], limit=LISTED).items for text, *_ in made]
            merged = sum(
                both(chat, [item.hit.record.article.id for item in items])
                for chat, items in zip(made, lists, strict=True)
            )
            whole = sum(both(chat, opened.found(chat[0][:MAX_QUERY], LISTED)) for chat in made)
        print(f"{folder.name:12} {merged / CHATS:9.3f} {whole / CHATS:11.3f}")


if __name__ == "__main__":
    main()
