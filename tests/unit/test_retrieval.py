"""kb lint --retrieval: what fails, where it is said, and what is proposed; on real files and a real index."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import Settings, load_settings
from kb.errors import ArticleError
from kb.usecases.retrieval import RetrievalReport
from kb.wiring.checks import check_retrieval
from tests.unit.article_tree import make_tree, write


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = make_tree(tmp_path / "articles")
    (root / "mall/refund/refund-not-received.md").unlink()
    return load_settings(
        environ={}, overrides={"articles": str(root), "data": str(tmp_path / "data"), "semantic": "off"}
    )


def put(settings: Settings, name: str, title: str, *questions: str, fields: str = "", body: str = "您好。") -> None:
    """An article with id on line 2, title on line 3, questions from line 5 on."""
    listed = "".join(f"  - {question}\n" for question in questions)
    source = f"---\nid: {name}\ntitle: {title}\nquestions:\n{listed}{fields}---\n## 标准话术\n{body}\n"
    write(settings.articles, f"mall/refund/{name}.md", source)


def messages(report: RetrievalReport) -> list[str]:
    return [str(problem) for problem in report.problems]


def test_articles_that_are_found_by_their_own_words_pass(settings: Settings) -> None:
    put(settings, "invoice", "电子发票怎么开", "发票在哪下载")
    put(settings, "lock", "门锁没电打不开", "锁没电了")
    report = check_retrieval(settings)
    assert report.problems == ()
    assert report.asked["title"] == 2
    assert report.asked["question"] == 2
    assert report.asked["word"] >= 4


def test_a_title_that_is_a_part_of_others_is_reported_at_its_line(settings: Settings) -> None:
    put(settings, "a", "退款", body="退货的事情很多，" * 40)
    put(settings, "b", "退款，退款", "退款退款", "退款退款退款")
    (problem,) = (message for message in messages(check_retrieval(settings)) if "标题“" in message)
    assert problem.startswith("mall/refund/a.md:3: 提醒：标题“退款”排在第 2 位，应在前 1 位，前面是b；请在标题里写出")


def test_a_title_may_come_after_its_near_duplicate(settings: Settings) -> None:
    put(settings, "a", "快递一直不更新")
    put(settings, "b", "快递一直不更新")
    assert check_retrieval(settings).problems == ()


def test_a_question_that_others_answer_better_is_reported_with_the_rival(settings: Settings) -> None:
    put(settings, "z", "门锁耗电快", "多久到账")
    for name in "abcd":
        put(settings, name, f"多久到账（{name * 5}）", "多久到账", "到账多久")
    (problem,) = (message for message in messages(check_retrieval(settings)) if "z.md" in message)
    assert problem.startswith("mall/refund/z.md:5: 提醒：相似问法“多久到账”排在第 5 位，应在前 3 位，前面是a、b、c；")
    assert "几乎一样" in problem


def test_for_a_question_in_foreign_words_a_word_or_a_synonym_is_proposed(settings: Settings) -> None:
    put(settings, "z", "扫地机保养", "滤网更换", body="每天都要做的事情有很多，" * 20)
    for name in "abcd":
        put(settings, name, f"滤网更换{name * 3}滤网更换", f"滤网更换滤网更换{name * 4}滤网更换")
    (problem,) = (message for message in messages(check_retrieval(settings)) if "z.md:5" in message)
    assert "相似问法“滤网更换”排在第 5 位" in problem
    assert "请在这句里补上标题的词，如“扫地机”" in problem
    assert "在 _dict/synonyms.txt 加一行“扫地机 " in problem


def test_a_word_of_many_titles_only_has_to_beat_articles_without_it(settings: Settings) -> None:
    for number in range(8):
        put(settings, f"a{number}", f"退款{'甲乙丙丁戊己庚辛'[number]}类说明")
    assert check_retrieval(settings).problems == ()


def test_what_agents_can_not_find_is_not_asked_for(settings: Settings) -> None:
    put(settings, "draft", "门锁没电", fields="status: draft\n")
    put(settings, "archived", "门锁没电", fields="status: archived\n")
    put(settings, "upcoming", "门锁没电", fields="valid_from: 2099-01-01\n")
    put(settings, "expired", "门锁没电", fields="valid_to: 2020-01-01\n")
    assert check_retrieval(settings).asked["title"] == 1


def test_only_the_places_asked_for_are_judged_but_among_all_articles(settings: Settings) -> None:
    put(settings, "a", "电子发票")
    put(settings, "b", "门锁没电")
    assert check_retrieval(settings, [Path("mall/refund/a.md")]).asked["title"] == 1
    with pytest.raises(ArticleError):
        check_retrieval(settings, [Path("nowhere")])


def test_an_empty_folder_has_nothing_to_ask(settings: Settings) -> None:
    assert check_retrieval(settings) == RetrievalReport({}, ())
