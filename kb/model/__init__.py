"""The nouns of the system as frozen dataclasses; imports nothing else of ours."""

from kb.model.article import (
    AUDIENCES,
    KINDS,
    PRIORITIES,
    STATUSES,
    Article,
    ArticleRecord,
    Folder,
    Interval,
    Problem,
    Script,
)
from kb.model.freshness import Freshness, State
from kb.model.search import (
    FacetCount,
    FaqItem,
    FaqPanel,
    Hit,
    ScoreParts,
    SearchPage,
    SearchRequest,
    Snippet,
    Suggestion,
)

__all__ = [
    "AUDIENCES",
    "KINDS",
    "PRIORITIES",
    "STATUSES",
    "Article",
    "ArticleRecord",
    "FacetCount",
    "FaqItem",
    "FaqPanel",
    "Folder",
    "Freshness",
    "Hit",
    "Interval",
    "Problem",
    "ScoreParts",
    "Script",
    "SearchPage",
    "SearchRequest",
    "Snippet",
    "State",
    "Suggestion",
]
