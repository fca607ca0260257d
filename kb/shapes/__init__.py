"""The shapes of the contract's JSON documents, field by field; ``/openapi.json`` is made from them.

``Annotated`` adds a keyword of JSON Schema and its value, where Python types can't say it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from kb.model import AUDIENCES, KINDS, PRIORITIES, STATUSES, State

Kind = Annotated[str, ("enum", KINDS)]
Priority = Annotated[str, ("enum", PRIORITIES)]
Status = Annotated[str, ("enum", STATUSES)]
Audience = Annotated[str, ("enum", AUDIENCES)]
FreshnessState = Annotated[str, ("enum", tuple(state.value for state in State))]
SuggestionKind = Annotated[str, ("enum", ("article", "scenario", "product", "query"))]
Day = Annotated[str, ("format", "date")]
Moment = Annotated[str, ("format", "date-time")]
Html = Annotated[str, ("contentMediaType", "text/html")]
Count = Annotated[int, ("minimum", 0)]
Share = Annotated[float, ("maximum", 1)]


class Listed(TypedDict):
    """What every list shows of an article."""

    id: str
    title: str
    product: str
    product_slug: str
    scenario: str
    scenario_slug: str
    kind: Kind
    channels: list[str]
    owner: str | None
    priority: Priority
    updated: Day | None
    verified: Day | None
    freshness: FreshnessState
    freshness_label: str
    outdated_by: str | None
    script: str
    url: str


class ScoreParts(TypedDict):
    """Where a score comes from: (words + meaning + learned) × freshness × demand."""

    words: float
    meaning: float
    learned: float
    freshness: float
    demand: float


class Hit(Listed):
    """An answer to a search; ``score`` is comparable within one answer only. ``by_meaning``: it shares no content word
    with the question, only its meaning; check it before it is sent.
    """

    score: float
    parts: ScoreParts
    title_html: Html
    snippet: Html
    matched: list[str]
    matched_fields: list[str]
    by_meaning: bool


class FacetCount(TypedDict):
    """How many hits carry ``value``; ``key`` is what to send back as the filter."""

    value: str
    count: Count
    key: str


class Facets(TypedDict):
    """What the hits can be narrowed down by."""

    product: list[FacetCount]
    scenario: list[FacetCount]
    channel: list[FacetCount]
    kind: list[FacetCount]


class Search(TypedDict):
    """``search``; ``fallback`` says in words what was relaxed. ``semantic``: meaning took part; if it should have but
    couldn't, ``semantic_trouble`` says why.
    """

    query: str
    total: Count
    took_ms: float
    generation: str
    fallback: str | None
    did_you_mean: str | None
    semantic: bool
    semantic_trouble: str | None
    hits: list[Hit]
    facets: Facets


class Sentence(TypedDict):
    """A sentence of the customer that was searched: ``[start, end)`` of the message with this number, from 0."""

    text: str
    message: Count
    start: Count
    end: Count


class Recommendation(Listed):
    """An answer; ``sentence`` is what the customer said that it answers, ``score`` comparable within one list only."""

    rank: Annotated[int, ("minimum", 1)]
    sentence: str
    score: float


class Recommend(TypedDict):
    """``recommend``; ``note`` says in words why there is nothing.

    ``semantic_trouble``: why meaning took no part in some of it, if it should have.
    """

    items: list[Recommendation]
    sentences: list[Sentence]
    note: str | None
    semantic_trouble: str | None
    took_ms: float
    generation: str


class Candidate(TypedDict):
    """A scenario that may be meant, with the probability that it is."""

    product: str
    product_slug: str
    scenario: str
    scenario_slug: str
    confidence: Share


class Classify(TypedDict):
    """``classify``; ``product`` and ``scenario`` are null where they are uncertain, ``label`` says it in words.

    ``uncertain``: the scenario is not named. ``confidence`` is that of the finest part that is named, or, with none
    named, of the likeliest candidate.
    """

    label: str
    product: str | None
    product_slug: str | None
    scenario: str | None
    scenario_slug: str | None
    confidence: Share
    uncertain: bool
    candidates: list[Candidate]
    took_ms: float
    generation: str


class Suggestion(TypedDict):
    """One row; ``marks``: the matched [start, end) ranges of characters in ``text``; ``question``: the customer's
    wording that matched when the text did not.
    """

    text: str
    kind: SuggestionKind
    id: str | None
    product: str | None
    scenario: str | None
    freshness: FreshnessState | None
    marks: list[list[int]]
    question: str | None


class Suggest(TypedDict):
    """``suggest``"""

    query: str
    suggestions: list[Suggestion]


class FaqItem(Listed):
    """One row of the panel, rank counted from 1."""

    rank: int
    pinned: bool


class Faq(TypedDict):
    """``faq``; ``as_of`` is when its ranking was computed."""

    as_of: Moment
    items: list[FaqItem]


class Branch(TypedDict):
    """A folder; ``stale`` is how many of its articles nobody should rely on unchecked."""

    slug: str
    title: str
    description: str
    count: Count
    stale: Count


class Scenario(Branch):
    """A scenario; ``articles`` is null unless they were asked for by naming a scenario."""

    articles: list[Listed] | None


class Product(Branch):
    """A product with its scenarios."""

    scenarios: list[Scenario]


class Browse(TypedDict):
    """``browse``"""

    products: list[Product]


class Script(TypedDict):
    """Wording to send; ``channel`` null: on every other channel."""

    channel: str | None
    text: str


class Related(TypedDict):
    """Another article that helps on."""

    id: str
    title: str
    freshness: FreshnessState
    url: str


class Article(Listed):
    """``article``; ``source`` is the whole file, ``revision`` its hash, ``html`` the sanitised body."""

    questions: list[str]
    tags: list[str]
    contact: str | None
    status: Status
    audience: Audience
    created: Day | None
    verified_by: str | None
    valid_from: Day | None
    valid_to: Day | None
    review_every: str | None
    due: Day | None
    reasons: list[str]
    scripts: list[Script]
    html: Html
    source: str
    revision: str
    related: list[Related]


class LearnedQuestion(TypedDict):
    """What at least three ``people`` asked alike and answered by this article, ``picks`` times, lately on ``last``.

    ``strength`` is between 0 and 1; ``similar`` is what the article already says much the same as.
    """

    query: str
    id: str
    title: str
    url: str
    strength: float
    people: Count
    picks: Count
    last: Day
    similar: str | None


class LearnedQuestions(TypedDict):
    """``learned``, the strongest first"""

    items: list[LearnedQuestion]


class Preview(TypedDict):
    """What an article would be like. ``html`` is null and ``trouble`` says why when the file can't be read; ``fields``
    are those of the editor's form, a list of values each.
    """

    source: str
    html: Html | None
    scripts: list[Script]
    fields: dict[str, list[str]] | None
    trouble: str | None


class UploadedImage(TypedDict):
    """A stored picture: what to paste into the article's body, and where browsers find it."""

    markdown: str
    url: str
    width: Count
    height: Count
    bytes: Count


class Finding(TypedDict):
    """One row of ``kb lint --json``."""

    path: str
    line: int
    message: str
    severity: str


class SemanticHealth(TypedDict):
    """``off``; ``embedding`` until every one of ``texts`` (titles and questions) has a vector; ``ready``."""

    state: Literal["off", "embedding", "ready"]
    texts: Count
    embedded: Count


class Health(TypedDict):
    """ok, degraded (search works, something else doesn't) or down; ``checks`` says ``ok`` or what is wrong by part.

    ``completed_reviews``: verdicts of the last seven days that a program was killed over, completed since.
    """

    status: Literal["ok", "degraded", "down"]
    checks: dict[str, str]
    engine: str
    generation: str
    articles: Count
    lost_log_entries: Count
    completed_reviews: Count
    semantic: SemanticHealth


class Me(TypedDict):
    """Who asks. ``owners``: whose articles are theirs, null for all departments. Our own pages send ``csrf`` back."""

    name: str
    role: Literal["public", "agent", "editor", "reviewer", "admin"]
    via: Literal["anonymous", "session", "token", "proxy", "link", "local"]
    owners: list[str] | None
    rights: list[str]
    csrf: str


class Problem(TypedDict):
    """An error (RFC 9457); ``request_id`` leads to what the log says about it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
