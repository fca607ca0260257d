"""Saves become commits by their authors, of what was saved and nothing else; without a repository nothing happens."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kb.config import Settings, load_settings
from kb.content.documents import revision_of
from kb.desk.editing import EditingDesk
from kb.editing.writing import Place
from kb.model import Caller
from kb.service import Service
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE

ID, PATH = "refund-not-received", "mall/refund/refund-not-received.md"
NEW = ARTICLE.replace("您好，可以退款。", "您好，三天内退款。")
OLD = revision_of(ARTICLE.encode())


def git(folder: Path, *arguments: str) -> str:
    """What git says; its settings are none of this machine's."""
    identity = ["-c", "user.name=Tester", "-c", "user.email=t@example.com", "-c", "core.quotepath=off"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def service(small: Settings) -> Service:
    return indexed(replace(small, git_commit=True))


def by(service: Service) -> EditingDesk:
    return service.desk(Caller.local("王<芳>")).editing


def repository(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "mall")
    git(folder, "commit", "-qm", "before")


def test_each_save_is_a_commit_by_its_author(service: Service, small: Settings) -> None:
    repository(small.articles)
    by(service).publish(ID, NEW, OLD, "金额改了")
    assert git(small.articles, "log", "-1", "--format=%an|%s|%b").split("|") == ["王芳", f"publish {PATH}", "金额改了"]
    assert git(small.articles, "show", f"HEAD:{PATH}") == NEW.strip()
    by(service).move(ID, Place("mall", "order", scenario_title="订单"))
    by(service).delete(ID)
    assert git(small.articles, "ls-tree", "-r", "--name-only", "HEAD").splitlines() == [
        "mall/_index.md",
        "mall/order/_index.md",
        "mall/refund/_index.md",
    ]
    assert len(git(small.articles, "log", "--format=%h").splitlines()) == 4
    assert git(small.articles, "status", "--porcelain", "-uno") == ""


def test_what_others_have_staged_or_changed_stays_theirs(service: Service, small: Settings) -> None:
    repository(small.articles)
    (small.articles / "mall/_index.md").write_text("---\ntitle: 商城\n---\n", encoding="utf-8")
    git(small.articles, "add", "mall/_index.md")
    (small.articles / "mall/refund/_index.md").write_text("---\ntitle: 退款\n---\n", encoding="utf-8")
    by(service).publish(ID, NEW, OLD)
    assert git(small.articles, "diff", "--name-only", "HEAD~1", "HEAD") == PATH
    assert git(small.articles, "diff", "--name-only", "--cached") == "mall/_index.md"
    assert git(small.articles, "diff", "--name-only") == "mall/refund/_index.md"


def test_the_first_commit_of_a_repository(service: Service, small: Settings) -> None:
    git(small.articles, "init", "-q", "-b", "main")
    by(service).publish(ID, NEW, OLD)
    assert git(small.articles, "ls-tree", "-r", "--name-only", "HEAD") == PATH


def test_what_was_never_committed_can_be_deleted_and_moved(service: Service, small: Settings) -> None:
    git(small.articles, "init", "-q", "-b", "main")
    git(small.articles, "add", "mall/_index.md")
    git(small.articles, "commit", "-qm", "before")
    deleted = by(service).delete(ID)
    assert len(git(small.articles, "log", "--format=%h").splitlines()) == 1
    assert "git" not in service.health()["checks"]
    by(service).undo(ID, deleted.number)
    git(small.articles, "reset", "-q", "--soft", "HEAD~1")
    by(service).move(ID, Place("mall", "order", scenario_title="订单"))
    assert git(small.articles, "ls-tree", "-r", "--name-only", "HEAD").splitlines() == [
        "mall/_index.md",
        "mall/order/_index.md",
        f"mall/order/{ID}.md",
    ]
    assert "git" not in service.health()["checks"]


def test_a_larger_repository_is_left_alone_and_health_says_so(service: Service, small: Settings) -> None:
    outer = small.articles.parent
    git(outer, "init", "-q", "-b", "main")
    git(outer, "add", "articles/mall")
    git(outer, "commit", "-qm", "before")
    by(service).publish(ID, NEW, OLD)
    assert len(git(outer, "log", "--format=%h").splitlines()) == 1
    health = service.health()
    assert (health["status"], "不是 git 仓库的根" in health["checks"]["git"]) == ("degraded", True)


def test_a_commit_that_fails_fails_no_save(service: Service, small: Settings) -> None:
    repository(small.articles)
    (small.articles / ".git/refs/heads/main.lock").touch()
    by(service).publish(ID, NEW, OLD)
    assert (small.articles / PATH).read_text(encoding="utf-8") == NEW
    assert "没有提交" in service.health()["checks"]["git"]
    (small.articles / ".git/refs/heads/main.lock").unlink()
    by(service).publish(ID, ARTICLE, revision_of(NEW.encode()))
    assert "git" not in service.health()["checks"]


@pytest.mark.parametrize("text", ["git_commit = true", "[git]\ncommit = true"])
def test_the_setting_may_stand_in_a_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "kb.toml").write_text(text, encoding="utf-8")
    assert load_settings(environ={}, folder=tmp_path).git_commit is True
