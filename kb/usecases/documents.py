"""An article as engines see it: which of its texts are searched (not its headings), and its exact keywords."""

from __future__ import annotations

from kb.model import Article
from kb.ports.engine import IndexDocument
from kb.text.sections import parse_sections, plain_text


def index_document(article: Article, revision: str) -> IndexDocument:
    """What of an article is searched; ``revision`` comes back with every hit and from ``SearchEngine.revisions``."""
    place = (article.product.title, article.scenario.title, *article.tags)
    return IndexDocument(
        id=article.id,
        revision=revision,
        text={
            "title": article.title,
            "questions": "\n".join(article.questions),
            "place": "\n".join(place),
            "body": "\n".join(plain_text(article.body[part.start : part.end]) for part in parse_sections(article.body)),
        },
        keywords={
            "product": (article.product.slug,),
            "scenario": (article.scenario_path,),
            "kind": (article.kind,),
            "channel": article.channels,
            "tag": tuple(dict.fromkeys(article.tags)),
            "audience": (article.audience,),
        },
    )
