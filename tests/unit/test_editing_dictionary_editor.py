"""Editing the dictionaries on a real service: what a change would do, saving it, taking it back."""

from __future__ import annotations

import pytest

from kb.config import Settings
from kb.desk.dictionaries import DictionariesDesk
from kb.errors import AccessDenied, EditConflict, EditError, InvalidArticle, LoginRequired, QueryError
from kb.model import Caller, Role, SearchRequest, Via
from kb.service import Service
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import write

LEAD = Caller("wang", Role.EDITOR, None, True, Via.SESSION)
OF_ONE_DEPARTMENT = Caller("li", Role.EDITOR, frozenset({"支付业务部"}), True, Via.SESSION)
EMPTY = {"terms.txt": "", "synonyms.txt": "", "stopwords.txt": ""}


@pytest.fixture
def service(small: Settings) -> Service:
    write(small.articles, "_dict/synonyms.txt", "# 同义词\n发票 收据\n")
    return indexed(small)


@pytest.fixture
def editor(service: Service) -> DictionariesDesk:
    return service.desk(LEAD).dictionaries


def texts(editor: DictionariesDesk, **changes: str) -> dict[str, str]:
    """The files as they are, with ``changes``."""
    now = {file.name: file.text for file in editor.files()}
    return now | {f"{name}.txt": text for name, text in changes.items()}


def revisions(editor: DictionariesDesk) -> dict[str, str]:
    return {file.name: file.revision for file in editor.files()}


def first(service: Service, query: str) -> str | None:
    hits = service.desk(ANYBODY).search(SearchRequest(query)).hits
    return hits[0].record.article.id if hits else None


def test_the_files_come_as_they_are_and_a_missing_one_is_empty(editor: DictionariesDesk) -> None:
    assert {file.name: (file.text, bool(file.revision)) for file in editor.files()} == {
        "terms.txt": ("", False),
        "synonyms.txt": ("# 同义词\n发票 收据\n", True),
        "stopwords.txt": ("", False),
    }


def test_a_preview_shows_which_queries_find_something_else(service: Service, editor: DictionariesDesk) -> None:
    for person in range(2):
        service.desk(ANYBODY).search(SearchRequest("没收到货 包裹"), agent=f"s{person}", settled=True)
    preview = editor.preview(texts(editor, synonyms="退款 包裹\n"))
    (change,) = preview.changes
    assert (change.query, preview.times[change.query]) == ("没收到货 包裹", 2)
    assert change.before.readings == ()
    assert change.after.readings != ()
    assert preview.asked == 2  # the query and the title


def test_a_preview_of_no_change_is_empty_and_nothing_is_written(editor: DictionariesDesk, small: Settings) -> None:
    preview = editor.preview(texts(editor, terms="# 只有注释\n"))
    assert preview.changes == ()
    assert not (small.articles / "_dict/terms.txt").exists()


def test_a_word_that_is_to_be_ignored_changes_the_words_of_a_query(service: Service, editor: DictionariesDesk) -> None:
    preview = editor.preview(texts(editor, stopwords="退款\n"))
    (change,) = preview.changes
    assert change.query == "未收到货退款"
    assert "退款" in change.before.words
    assert "退款" not in change.after.words


def test_lines_that_are_no_entry_are_found_where_they_are_and_not_saved(editor: DictionariesDesk) -> None:
    broken = texts(editor, synonyms="发票 收据\n孤零零\n")
    (problem,) = editor.problems(broken)
    assert (problem.path, problem.line) == ("_dict/synonyms.txt", 2)
    with pytest.raises(InvalidArticle):
        editor.save(broken, revisions(editor))
    assert "孤零零" not in texts(editor)["synonyms.txt"]


def test_what_is_saved_is_in_force_at_once(service: Service, editor: DictionariesDesk) -> None:
    assert first(service, "猫腻") is None
    assert editor.save(texts(editor, synonyms="退款 猫腻\n"), revisions(editor), "客户的说法") == ["synonyms.txt"]
    assert first(service, "猫腻") == "refund-not-received"


def test_the_second_to_save_is_told_and_nothing_is_written(editor: DictionariesDesk) -> None:
    seen = revisions(editor)
    editor.save(texts(editor, synonyms="发票 收据 票据\n"), seen)
    with pytest.raises(EditConflict, match=r"synonyms\.txt 在你打开之后又改过"):
        editor.save(texts(editor, synonyms="发票 凭证\n", terms="直达\n"), seen)
    assert texts(editor) == EMPTY | {"synonyms.txt": "发票 收据 票据\n"}


def test_every_text_that_a_file_had_can_be_had_back(editor: DictionariesDesk, small: Settings) -> None:
    editor.save(texts(editor, synonyms="发票 票据\n"), revisions(editor), "第一次")
    write(small.articles, "_dict/synonyms.txt", "发票 凭证\n")  # in an editor of one's own
    editor.save(texts(editor, synonyms="发票 小票\n"), revisions(editor), "第二次")
    rows = editor.revisions()
    assert [(row.edit.author, row.edit.origin, row.edit.note) for row in rows] == [
        ("wang", "web", "第二次"),
        ("", "file", ""),
        ("wang", "web", "第一次"),
        ("", "file", ""),
    ]
    assert [editor.former(row.number)[1] for row in rows] == [
        "发票 小票\n",
        "发票 凭证\n",
        "发票 票据\n",
        "# 同义词\n发票 收据\n",
    ]
    with pytest.raises(QueryError):
        editor.former(10_000)


def test_a_scan_takes_the_history_of_dictionaries_for_no_article(editor: DictionariesDesk, service: Service) -> None:
    editor.save(texts(editor, synonyms="发票 票据\n"), revisions(editor))
    before = editor.revisions()
    service.index()
    assert editor.revisions() == before


def test_a_file_that_is_no_text_is_not_written_over(editor: DictionariesDesk, small: Settings) -> None:
    data = "发票 收据".encode("gbk")
    file = write(small.articles, "_dict/terms.txt", data)
    (terms, *_) = editor.files()
    assert "GB18030" in terms.trouble
    with pytest.raises(EditError, match="UTF-8"):
        editor.save(EMPTY, revisions(editor))
    assert file.read_bytes() == data


def test_who_may_do_it(service: Service) -> None:
    with pytest.raises(LoginRequired):
        service.desk(ANYBODY).dictionaries.files()
    with pytest.raises(AccessDenied, match="词典对所有部门起作用"):
        service.desk(OF_ONE_DEPARTMENT).dictionaries.preview(EMPTY)
    assert service.desk(OPERATOR).dictionaries.revisions() == []


def test_line_ends_stay_those_of_the_file(editor: DictionariesDesk, small: Settings) -> None:
    file = write(small.articles, "_dict/terms.txt", "直达\r\n花呗\r\n")
    as_sent = {name: text.replace("\r\n", "\n") for name, text in texts(editor).items()}
    assert editor.save(as_sent, revisions(editor)) == []
    editor.save(as_sent | {"terms.txt": "直达\n花呗\n白条\n"}, revisions(editor))
    assert file.read_bytes() == "直达\r\n花呗\r\n白条\r\n".encode()
