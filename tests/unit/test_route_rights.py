"""Every route × role × scope: who gets in and who is turned away, and that whoever is turned away changes nothing.

A route that is not in ``ROUTES`` fails: say there what right it needs before anybody can ask for it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from kb.config import load_settings
from kb.model import Caller, Right, Role, Via
from kb.rules.access import has, may
from kb.service import Service
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, make_tree
from webui import create_app

ID, OURS = "refund-not-received", "售后业务部"
STALE = {"If-Match": '"what nobody has seen"'}
AUDIENCE = "audience: public\n---\n## 标准话术"


@dataclass(frozen=True)
class Needs:
    """What a route asks for: ``right`` (None: nothing), ``scoped`` for the article's department; ``person``: a session.

    ``send``: what a request brings beside its address, as the test client takes it.
    """

    right: Right | None = None
    scoped: bool = False
    person: bool = False
    send: Mapping[str, Any] = field(default_factory=dict)

    def lets(self, caller: Caller) -> bool:
        """Whether the caller is to get in."""
        if self.person:
            return caller.via is Via.SESSION
        if self.right is None:
            return True
        return may(caller, self.right, OURS) if self.scoped else has(caller, self.right)


def anybody(**send: Any) -> Needs:
    return Needs(send=send)


def insiders(**send: Any) -> Needs:
    return Needs(Right.READ_INTERNAL, send=send)


def some(right: Right, **send: Any) -> Needs:
    """The right for the articles of some department."""
    return Needs(right, send=send)


def ours(right: Right, **send: Any) -> Needs:
    """The right for the articles of the department that has the article."""
    return Needs(right, scoped=True, send=send)


def draft(**more: Any) -> dict[str, Any]:
    return {"source": ARTICLE, "id": ID, "product": "mall", "scenario": "refund", **more}


DICTIONARIES = {"terms": "", "synonyms": "", "stopwords": ""}
FORM = {"mode": "source", "source": ARTICLE, "file": "seen by nobody", "draft": ""}
ROUTES: dict[tuple[str, str], Needs] = {
    # what is there to read
    ("GET", "/"): anybody(),
    ("GET", "/browse"): anybody(),
    ("GET", "/a/<article_id>"): anybody(),
    ("GET", "/recommend"): anybody(),
    ("POST", "/recommend"): anybody(data={"messages": "没收到货怎么退款"}),
    ("GET", "/media/<product>/<scenario>/images/<name>"): anybody(),
    ("GET", "/api/v1/search"): anybody(),
    ("GET", "/api/v1/suggest"): anybody(),
    ("GET", "/api/v1/faq"): anybody(),
    ("GET", "/api/v1/browse"): anybody(),
    ("GET", "/api/v1/articles/<article_id>"): anybody(),
    ("POST", "/api/v1/recommend"): anybody(json={"text": "没收到货怎么退款"}),
    ("POST", "/api/v1/classify"): anybody(json={"text": "没收到货怎么退款"}),
    ("GET", "/api"): anybody(),
    ("GET", "/openapi.json"): anybody(),
    ("GET", "/healthz"): anybody(),
    # what is of use, said by whoever reads: it changes no article (docs/decisions/0012-access.md)
    ("POST", "/a/<article_id>/feedback"): anybody(data={"vote": "helpful"}),
    ("POST", "/api/v1/events"): anybody(json={"kind": "view", "id": ID}),
    ("POST", "/api/v1/feedback"): anybody(json={"vote": "helpful", "id": ID}),
    ("POST", "/gaps"): anybody(data={"query": "能刷花呗吗"}),
    ("POST", "/api/v1/gaps"): anybody(json={"query": "能刷花呗吗"}),
    # logging in
    ("GET", "/login"): anybody(),
    ("POST", "/login"): Needs(send={"data": {"name": "nobody", "password": "x"}}),
    ("POST", "/logout"): anybody(),
    ("GET", "/login/oidc"): anybody(),
    ("GET", "/login/oidc/callback"): anybody(),
    ("GET", "/api/v1/me"): anybody(),
    ("GET", "/account"): Needs(person=True),
    ("POST", "/account"): Needs(person=True),
    ("POST", "/account/sessions"): Needs(person=True),
    # a link that nobody was sent: turns everybody away (tests/unit/test_confirm_links.py has real ones)
    ("GET", "/confirm/<token>"): Needs(),
    ("POST", "/confirm/<token>"): Needs(),
    # the house's own
    ("GET", "/api/v1/stale"): insiders(),
    ("GET", "/api/v1/learned"): insiders(),
    ("GET", "/feeds/review.atom"): insiders(),
    ("GET", "/feeds/due.ics"): insiders(),
    ("GET", "/api/v1/reviews"): insiders(),
    ("GET", "/api/v1/reviews/sent-back"): insiders(),
    ("GET", "/api/v1/reviews/progress"): insiders(),
    ("GET", "/gaps"): insiders(),
    ("GET", "/api/v1/gaps"): insiders(),
    ("GET", "/reports"): insiders(),
    ("GET", "/reports/file"): insiders(query_string={"format": "md"}),
    ("GET", "/api/v1/reports/weekly"): insiders(),
    # one article, by those whose business it is
    ("GET", "/edit"): some(Right.EDIT),
    ("POST", "/edit"): some(Right.EDIT, data={**FORM, "source": "no article", "action": "draft"}),
    ("GET", "/edit/<article_id>"): ours(Right.EDIT),
    ("POST", "/edit/<article_id>"): ours(Right.EDIT, data={**FORM, "action": "draft"}),
    ("GET", "/a/<article_id>/history"): ours(Right.EDIT),
    ("POST", "/a/<article_id>/history/restore"): ours(Right.PUBLISH, data={"number": "1"}),
    ("POST", "/a/<article_id>/history/undo"): ours(Right.PUBLISH, data={"number": "999"}),
    ("GET", "/a/<article_id>/manage"): ours(Right.PUBLISH),
    ("POST", "/a/<article_id>/manage"): ours(Right.PUBLISH, data={"action": "archive", "expected": "not this"}),
    ("POST", "/api/v1/preview"): ours(Right.EDIT, json={"id": ID, "source": ARTICLE}),
    ("POST", "/api/v1/check"): ours(Right.EDIT, json=draft()),
    ("POST", "/api/v1/trial"): ours(Right.EDIT, json=draft(query="没收到货")),
    ("POST", "/api/v1/images"): ours(Right.EDIT, data={"article": ID, "file": "no picture"}),
    ("PUT", "/api/v1/articles/<article_id>"): ours(Right.PUBLISH, json={"source": ARTICLE}, headers=STALE),
    ("DELETE", "/api/v1/articles/<article_id>"): ours(Right.PUBLISH, headers=STALE),
    ("GET", "/api/v1/articles/<article_id>/draft"): ours(Right.EDIT),
    ("DELETE", "/api/v1/articles/<article_id>/draft"): ours(Right.EDIT),
    ("GET", "/api/v1/articles/<article_id>/revisions"): ours(Right.EDIT),
    ("GET", "/api/v1/articles/<article_id>/revisions/<int:number>"): ours(Right.EDIT),
    ("POST", "/api/v1/articles/<article_id>/restore"): ours(Right.PUBLISH, json={"number": 1}),
    ("POST", "/api/v1/articles/<article_id>/undo"): ours(Right.PUBLISH, json={"number": 999}),
    ("POST", "/api/v1/articles/<article_id>/archive"): ours(Right.PUBLISH, json={}, headers=STALE),
    ("POST", "/api/v1/articles/<article_id>/unarchive"): ours(Right.PUBLISH, json={}, headers=STALE),
    ("POST", "/api/v1/articles/<article_id>/rename"): ours(Right.PUBLISH, json={"new_id": "b"}, headers=STALE),
    ("POST", "/api/v1/articles/<article_id>/move"): ours(
        Right.PUBLISH, json={"product": "mall", "scenario": "refund"}, headers=STALE
    ),
    ("POST", "/api/v1/reviews"): ours(Right.REVIEW, json={"id": ID, "verdict": "confirm", "revision": "not this"}),
    ("DELETE", "/api/v1/reviews/<int:number>"): some(Right.REVIEW),
    ("POST", "/api/v1/reviews/confirmations"): some(Right.REVIEW, json={"ids": [], "revisions": []}),
    # many at once: refused article by article
    ("GET", "/bulk"): some(Right.PUBLISH),
    ("POST", "/bulk"): some(Right.PUBLISH, data={"id": ID, "field": "tags", "mode": "add", "values": "x", "do": "1"}),
    ("POST", "/bulk/undo"): some(Right.PUBLISH, data={"undo": f"{ID} 1"}),
    ("POST", "/api/v1/bulk-edits"): some(
        Right.PUBLISH, json={"ids": [ID], "field": "tags", "mode": "add", "values": ["大促"]}
    ),
    # the review screen
    ("GET", "/review"): insiders(),
    ("GET", "/review/<article_id>"): insiders(),
    ("POST", "/review/<article_id>"): ours(Right.REVIEW, data={"verdict": "confirm", "revision": "seen by nobody"}),
    ("POST", "/review/undo"): some(Right.REVIEW, data={"review": "1"}),
    ("POST", "/review/bulk"): some(Right.REVIEW, data={"id": ID}),
    ("POST", "/gaps/verdicts"): some(Right.EDIT, data={"query": "能刷花呗吗", "decision": "ignored"}),
    ("POST", "/api/v1/gaps/verdicts"): some(Right.EDIT, json={"query": "能刷花呗吗", "decision": "ignored"}),
    ("POST", "/gaps/learned"): ours(Right.PUBLISH, data={"query": "没有人问过", "id": ID, "decision": "reject"}),
    # everybody's searches, everybody's accounts
    ("GET", "/dictionaries"): some(Right.EDIT_DICTIONARIES),
    ("POST", "/dictionaries"): some(Right.EDIT_DICTIONARIES, data={"action": "preview"}),
    ("GET", "/api/v1/dictionaries"): some(Right.EDIT_DICTIONARIES),
    ("POST", "/api/v1/dictionaries/preview"): some(Right.EDIT_DICTIONARIES, json=DICTIONARIES),
    ("POST", "/api/v1/dictionaries"): some(Right.EDIT_DICTIONARIES, json=DICTIONARIES),
    ("GET", "/admin"): some(Right.ADMINISTER),
    ("POST", "/admin/users/<action>"): some(Right.ADMINISTER, data={"name": "nobody"}),
    ("POST", "/admin/tokens/add"): some(Right.ADMINISTER, data={"name": "bot", "role": "nonsense"}),
    ("POST", "/admin/tokens/revoke"): some(Right.ADMINISTER, data={"name": "no such token"}),
    ("GET", "/admin/audit"): some(Right.ADMINISTER),
    ("GET", "/admin/audit/export"): some(Right.ADMINISTER),
}

#: nobody gets in with a wrong password or link, or back from where nobody went
WITHOUT_SUCCESS = {
    ("POST", "/login"),
    ("GET", "/login/oidc/callback"),
    ("GET", "/confirm/<token>"),
    ("POST", "/confirm/<token>"),
}

PATH_VALUES = {
    "<article_id>": ID,
    "<int:number>": "1",
    "<product>": "mall",
    "<scenario>": "refund",
    "<name>": "0" * 16 + ".png",
    "<action>": "disable",
    "<token>": f"1-{'0' * 32}",
}


def known(role: Role, *owners: str, can_publish: bool = True) -> Caller:
    return Caller("somebody", role, frozenset(owners) or None, can_publish, Via.TOKEN)


CALLERS = {
    "visitor where only public articles are shown": Caller.anonymous(Role.PUBLIC),
    "visitor": Caller.anonymous(Role.AGENT),
    "agent": known(Role.AGENT),
    "editor of ours": known(Role.EDITOR, OURS),
    "editor of ours who may not publish": known(Role.EDITOR, OURS, can_publish=False),
    "editor of others": known(Role.EDITOR, "物流业务部"),
    "editor of all": known(Role.EDITOR),
    "reviewer of ours": known(Role.REVIEWER, OURS),
    "reviewer of others": known(Role.REVIEWER, "物流业务部"),
    "administrator": known(Role.ADMIN),
}


class House:
    """The application as one caller meets it: programs by a real token, visitors by the setting."""

    def __init__(self, root: Path, caller: Caller) -> None:
        self.articles = make_tree(root / "articles")
        (self.articles / f"mall/refund/{ID}.md").write_text(ARTICLE.replace("---\n## 标准话术", AUDIENCE), "utf-8")
        folders = {"articles": str(self.articles), "data": str(root / "data"), "semantic": "off"}
        role = "agent" if caller.known else caller.role.value
        self.service: Service = indexed(load_settings(environ={}, overrides={**folders, "anonymous_role": role}))
        self.app = create_app(self.service)
        self._files = {path: path.read_bytes() for path in self._all_files()}
        self._headers: dict[str, str] = {}
        if caller.known:
            tokens = self.service.access.tokens
            secret = tokens.add(OPERATOR, caller.name, caller.role, caller.owners, caller.can_publish)
            self._headers = {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, rule: str, send: Mapping[str, Any]) -> TestResponse:
        """Send one request; a visitor's form brings the token of a page."""
        for name, value in PATH_VALUES.items():
            rule = rule.replace(name, value)
        client, sent = self.app.test_client(), dict(send)
        headers = {**sent.pop("headers", {}), **self._headers, "Sec-Fetch-Site": "same-origin"}
        if not self._headers and method != "GET":
            headers["X-CSRF-Token"] = self._csrf(client)
        if rule.endswith("/images") and method == "POST":
            sent["data"] = {**sent["data"], "file": (io.BytesIO(b"no picture"), "a.png")}
        return client.open(rule, method=method, headers=headers, **sent)

    def changed(self) -> bool:
        """Whether any article file is not what it was; puts it back."""
        now = {path: path.read_bytes() for path in self._all_files()}
        if now == self._files:
            return False
        for path in now.keys() - self._files.keys():
            path.unlink()
        for path, data in self._files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.service.index()
        return True

    def _all_files(self) -> Iterator[Path]:
        return (path for path in self.articles.rglob("*.*") if path.is_file() and not path.name.endswith(".lock"))

    def _csrf(self, client: Any) -> str:
        page = client.get("/").get_data(as_text=True)
        return str(page.partition('name="csrf" content="')[2].partition('"')[0])


def turned_away(answer: TestResponse) -> bool:
    return answer.status_code in (401, 403) or "/login?" in answer.headers.get("Location", "")


@pytest.mark.parametrize("who", CALLERS)
def test_who_gets_in_where(who: str, tmp_path: Path) -> None:
    caller = CALLERS[who]
    wrong = []
    house = House(tmp_path, caller)
    for (method, rule), needs in ROUTES.items():
        answer = house.ask(method, rule, needs.send)
        assert answer.status_code < 500, (method, rule, answer.status_code)
        if turned_away(answer) == needs.lets(caller) and (method, rule) not in WITHOUT_SUCCESS:
            wrong.append(f"{method} {rule}: {answer.status_code}")
        if house.changed() and not may(caller, Right.PUBLISH, OURS):
            wrong.append(f"{method} {rule}: changed an article")
    assert not wrong, "\n".join(wrong)


def test_every_route_says_what_it_needs(client: Any) -> None:
    served = {
        (method, rule.rule)
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert served == set(ROUTES)


def test_where_nobody_is_let_in_without_a_login(tmp_path: Path) -> None:
    house = House(tmp_path, Caller.anonymous(Role.AGENT))
    folders = {"articles": str(house.articles), "data": str(tmp_path / "data"), "semantic": "off"}
    house.app = create_app(indexed(load_settings(environ={}, overrides={**folders, "anonymous_role": "none"})))
    within = [
        rule
        for (method, rule), needs in ROUTES.items()
        if method == "GET" and not turned_away(house.ask(method, rule, needs.send))
    ]
    assert sorted(within) == ["/healthz", "/login", "/login/oidc"]
