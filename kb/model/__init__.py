"""The nouns of the system as frozen dataclasses; imports nothing else of ours."""

from kb.model.access import Caller, Right, Role, Via
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
from kb.model.conversation import (
    Candidate,
    Classification,
    Message,
    Recommendations,
    Recommended,
    Sentence,
)
from kb.model.freshness import Freshness, State
from kb.model.review import Review, Signal, SignalKind, Verdict
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
from kb.model.weekly_time import WeeklyTime

__all__ = [
    "AUDIENCES",
    "KINDS",
    "PRIORITIES",
    "STATUSES",
    "Article",
    "ArticleRecord",
    "Caller",
    "Candidate",
    "Classification",
    "FacetCount",
    "FaqItem",
    "FaqPanel",
    "Folder",
    "Freshness",
    "Hit",
    "Interval",
    "Message",
    "Problem",
    "Recommendations",
    "Recommended",
    "Review",
    "Right",
    "Role",
    "ScoreParts",
    "Script",
    "SearchPage",
    "SearchRequest",
    "Sentence",
    "Signal",
    "SignalKind",
    "Snippet",
    "State",
    "Suggestion",
    "Verdict",
    "Via",
    "WeeklyTime",
]
