"""Learning from use on a real service: from the log to boosts, proposals, files and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import Settings
from kb.errors import ArticleError, QueryError
from kb.service import Service
from kb.usecases.learning import LearnedQuestions
from tests.callers import ANYBODY
from tests.conftest import indexed, spoil
from tests.unit.article_tree import ARTICLE
from webui import create_app

ID = "refund-not-received"
QUERY = "包裹没影了钱怎么办"


@pytest.fixture
def service(small: Settings) -> Service:
    return indexed(small)


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


def chosen(service: Service, query: str = QUERY, people: int = 3, kind: str = "pick") -> None:
    """So many people, each from an address of their own, choose the article for a query."""
    for person in range(people):
        service.desk(ANYBODY).record_event(kind, ID, f"cookie {person}", query, position=2, origin=f"10.0.0.{person}")


def proposed(service: Service) -> list[str]:
    return [proposal.question.text for proposal in service.system.learning.proposals()]


def test_what_several_people_choose_is_in_force_and_proposed(service: Service) -> None:
    assert service.system.learning.current() == LearnedQuestions()
    chosen(service)
    service.follow_use()
    ((wording, strength),) = service.system.learning.current().of_article[ID]
    assert wording == QUERY
    assert 0 < strength < 1
    (proposal,) = service.system.learning.proposals()
    assert (proposal.title, proposal.similar, proposal.question.people) == ("未收到货退款", None, 3)


def test_a_restart_forgets_nothing(service: Service, small: Settings) -> None:
    chosen(service)
    service.learn()
    assert indexed(small).system.learning.current() == service.system.learning.current()


def test_what_the_article_says_already_is_not_learned_and_what_is_near_is_named(service: Service) -> None:
    chosen(service, "没收到货 怎么退款？")
    chosen(service, "没收到货怎么退款呢")
    service.learn()
    (proposal,) = service.system.learning.proposals()
    assert (proposal.question.text, proposal.similar) == ("没收到货怎么退款呢", "没收到货怎么退款")


def test_stop_words_teach_nothing(service: Service) -> None:
    chosen(service, "请问怎么")
    service.learn()
    assert proposed(service) == []


def test_an_accepted_question_is_written_into_the_file_and_nothing_else_is(service: Service, file: Path) -> None:
    chosen(service)
    service.learn()
    service.system.learning.accept("包裹没影了，钱怎么办？", ID, "lead")
    added = ARTICLE.replace("  - 没收到货怎么退款\n", f"  - 没收到货怎么退款\n  - {QUERY}\n")
    assert file.read_text(encoding="utf-8") == added
    assert service.system.learning.current() == LearnedQuestions()
    service.index()
    service.refresh()
    assert service.desk(ANYBODY).article(ID)[0].article.questions == ("没收到货怎么退款", QUERY)
    service.learn()
    assert proposed(service) == []
    (verdict,) = service.system.learning.verdicts()
    assert (verdict.text, verdict.accepted, verdict.user) == (QUERY, True, "lead")


def test_undoing_gives_the_file_back_byte_for_byte(service: Service, file: Path) -> None:
    chosen(service)
    service.learn()
    service.system.learning.accept(QUERY, ID, "lead")
    service.system.learning.undo(QUERY, ID)
    assert file.read_text(encoding="utf-8") == ARTICLE
    assert proposed(service) == [QUERY]
    with pytest.raises(QueryError, match="没有可以撤销的"):
        service.system.learning.undo(QUERY, ID)


def test_a_rejected_question_never_counts_until_that_is_undone(service: Service, file: Path) -> None:
    chosen(service)
    service.learn()
    service.system.learning.reject(QUERY, ID, "lead")
    assert service.system.learning.current() == LearnedQuestions()
    chosen(service, people=50)
    service.learn()
    assert (proposed(service), service.system.learning.current()) == ([], LearnedQuestions())
    service.system.learning.undo(QUERY, ID)
    assert proposed(service) == [QUERY]
    assert file.read_text(encoding="utf-8") == ARTICLE


def test_only_what_is_proposed_can_be_judged(service: Service, file: Path) -> None:
    for judge in (service.system.learning.accept, service.system.learning.reject):
        with pytest.raises(QueryError, match="kb learn 查看"):
            judge("谁也没问过", ID, "lead")
    assert file.read_text(encoding="utf-8") == ARTICLE


def test_a_file_edited_meanwhile_keeps_the_edit(service: Service, file: Path) -> None:
    chosen(service)
    service.learn()
    file.write_text(ARTICLE.replace("查物流", "先查物流"), encoding="utf-8")
    service.system.learning.accept(QUERY, ID, "lead")
    text = file.read_text(encoding="utf-8")
    assert "先查物流" in text
    assert f"  - {QUERY}\n" in text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("---\nid: refund-not-received\ntitle: '没有引号\n---\n", "引号没有成对"),
        (ARTICLE.replace(f"id: {ID}", "id: another"), "另一条知识"),
        (ARTICLE.replace("没收到货怎么退款", QUERY), "里已有"),
    ],
)
def test_a_file_that_must_not_be_edited_is_left_alone(service: Service, file: Path, content: str, told: str) -> None:
    chosen(service)
    service.learn()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ArticleError, match=told):
        service.system.learning.accept(QUERY, ID, "lead")
    assert file.read_text(encoding="utf-8") == content
    assert proposed(service) == [QUERY]


def test_a_full_list_of_questions_is_not_overfilled(service: Service, file: Path) -> None:
    chosen(service)
    service.learn()
    full = ARTICLE.replace("  - 没收到货怎么退款\n", "".join(f"  - 问法{n}\n" for n in range(50)))
    file.write_text(full, encoding="utf-8")
    with pytest.raises(ArticleError, match="50"):
        service.system.learning.accept(QUERY, ID, "lead")
    assert file.read_text(encoding="utf-8") == full


def test_old_use_is_forgotten_with_the_log(service: Service) -> None:
    chosen(service)
    service.learn()
    service.purge_logs(-1)
    service.learn()
    assert service.system.learning.current() == LearnedQuestions()


def test_without_the_database_nothing_is_learned_and_nothing_fails(service: Service, small: Settings) -> None:
    spoil(small.database)
    assert service.system.learning.current() == LearnedQuestions()


def test_the_api_shows_what_was_learned_and_nobody_who_asked(service: Service) -> None:
    client = create_app(service).test_client()
    events = {"kind": "pick", "id": ID, "query": QUERY, "position": 3}
    for host in (1, 1, 2, 3):
        visitor = create_app(service).test_client()
        sent = visitor.post("/api/v1/events", json=events, environ_base={"REMOTE_ADDR": f"10.0.0.{host}"})
        assert sent.status_code == 204
        service.learn()
        items = client.get("/api/v1/learned").get_json()["items"]
        assert len(items) == (host == 3)
    (item,) = items
    assert (item["query"], item["id"], item["people"], item["picks"]) == (QUERY, ID, 3, 4)
    assert set(item) == {"query", "id", "title", "url", "strength", "people", "picks", "last", "similar"}


def test_whoever_owns_an_ipv6_network_is_one_sender(service: Service) -> None:
    events = {"kind": "pick", "id": ID, "query": QUERY, "position": 3}
    for place in (
        "2001:db8:0:1::1",
        "2001:db8:0:1::2",
        "2001:db8:0:1:ffff::3",
        "::ffff:10.0.0.1",
        "10.0.0.1",
        "10.0.0.2",
    ):
        client = create_app(service).test_client()
        client.post("/api/v1/events", json=events, environ_base={"REMOTE_ADDR": place})
        service.learn()
        assert bool(proposed(service)) == (place == "10.0.0.2")
