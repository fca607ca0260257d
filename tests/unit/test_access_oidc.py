"""OpenID Connect with a real provider and with one that cheats."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from kb.access.oidc import OidcProvider
from kb.errors import SingleSignOnError
from kb.ports.identity import Identity
from tests.e2e.processes import wait_until
from tests.identity_providers import CLIENT, SECRET, Cheat, cheating, mock_provider

BACK = "http://kb.example/login/oidc/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[Cheat]:
    with cheating() as server:
        yield server


@pytest.fixture
def cheat(provider: Cheat) -> Iterator[Cheat]:
    """The provider, honest again after every test."""
    attributes = dict(vars(provider))
    yield provider
    provider.open.set()
    vars(provider).update(attributes)


def ours(cheat: Cheat, **options: Any) -> OidcProvider:
    return OidcProvider(cheat.issuer, CLIENT, SECRET, **options)


def code_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["code"][0]


def login(cheat: Cheat, oidc: OidcProvider | None = None) -> Identity:
    """From the button to the identity."""
    oidc = oidc or ours(cheat)
    departure = oidc.begin(BACK)
    return oidc.finish(departure, code_of(cheat.log_in(departure.url)), BACK)


def test_a_real_provider_says_who_somebody_is() -> None:
    person = {"sub": "u-7", "preferred_username": "li.si", "name": "李四", "email": "li@example.com", "groups": ["kb"]}
    with mock_provider(person) as issuer:
        oidc = OidcProvider(issuer, CLIENT, SECRET, role_claim="groups")
        departure = oidc.begin(BACK)
        answer = httpx.post(departure.url, data={"sub": "u-7"})
        assert departure.state in answer.headers["Location"]
        found = oidc.finish(departure, code_of(answer.headers["Location"]), BACK)
        assert found == Identity(issuer, "u-7", "li.si", "李四", frozenset({"kb"}))
        with pytest.raises(SingleSignOnError):
            oidc.finish(departure, code_of(answer.headers["Location"]), BACK)


def test_every_departure_has_secrets_of_its_own(cheat: Cheat) -> None:
    oidc = ours(cheat)
    one, two = oidc.begin(BACK), oidc.begin(BACK)
    assert len({one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier}) == 6
    assert one.verifier not in one.url
    assert one.nonce not in repr(one)


def test_the_provider_asks_again_only_when_somebody_else_wants_to_log_in(cheat: Cheat) -> None:
    assert "prompt" not in parse_qs(urlsplit(ours(cheat).begin(BACK).url).query)
    assert parse_qs(urlsplit(ours(cheat).begin(BACK, ask_again=True).url).query)["prompt"] == ["login"]


def test_a_code_is_worth_nothing_to_another_browser(cheat: Cheat) -> None:
    oidc = ours(cheat)
    victim, thief = oidc.begin(BACK), oidc.begin(BACK)
    with pytest.raises(SingleSignOnError):
        oidc.finish(thief, code_of(cheat.log_in(victim.url)), BACK)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-application"},
        {"aud": ["another-application"]},
        {"aud": None},
        {"aud": [CLIENT, "another-application"]},  # several need to say for whom: azp
        {"azp": "another-application"},
        {"iss": "https://other.example"},
        {"iss": None},
        {"exp": 1_000_000_000},  # in 2001
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": 4_000_000_000},  # in 2096
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "of another token"},
        {"at_hash": 7},
    ],
    ids=str,
)
def test_claims_that_are_not_right_are_refused(cheat: Cheat, claims: dict[str, object]) -> None:
    cheat.claims = {**cheat.claims, **claims}
    with pytest.raises(SingleSignOnError, match="没有通过检查"):
        login(cheat)


def unsigned(header: dict[str, Any], claims: dict[str, Any], alg: str = "none") -> str:
    return f"{encoded(json.dumps({**header, 'alg': alg}).encode())}.{encoded(json.dumps(claims).encode())}."


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("kid", ["1", "unknown", None])
def test_a_signature_by_another_key_is_refused(cheat: Cheat, kid: str | None) -> None:
    other = RSAKey.generate_key(2048)
    cheat.sign = lambda header, claims: jwt.encode({"alg": "RS256", **({"kid": kid} if kid else {})}, claims, other)
    with pytest.raises(SingleSignOnError, match="没有通过检查"):
        login(cheat)


def test_no_signature_is_refused(cheat: Cheat) -> None:
    cheat.sign = unsigned
    with pytest.raises(SingleSignOnError, match="没有通过检查"):
        login(cheat)


@pytest.mark.parametrize("whose", ["published key", "our secret"])
def test_a_shared_secret_signs_nothing(cheat: Cheat, whose: str) -> None:
    secret = cheat.key.as_pem(private=False) if whose == "published key" else SECRET.encode()

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        text = unsigned(header, claims, "HS256")
        return text + encoded(hmac.digest(secret, text.removesuffix(".").encode(), "sha256"))

    cheat.sign = sign
    with pytest.raises(SingleSignOnError, match="没有通过检查"):
        login(cheat)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", 7, None, ["x"]])
def test_nonsense_for_a_token_is_refused(cheat: Cheat, text: Any) -> None:
    cheat.sign = lambda header, claims: text
    with pytest.raises(SingleSignOnError):
        login(cheat)


def test_new_keys_are_fetched_when_a_token_is_signed_with_one(cheat: Cheat) -> None:
    oidc = ours(cheat)
    login(cheat, oidc)
    asked = cheat.asked.count("/jwks")
    login(cheat, oidc)
    assert cheat.asked.count("/jwks") == asked, "known keys are kept"
    new = ECKey.generate_key("P-256", {"kid": "2"})
    cheat.sign = lambda header, claims: jwt.encode({"alg": "ES256", "kid": "2"}, claims, new)
    cheat.published = [cheat.key, new]
    assert login(cheat, oidc).subject == "u1"
    assert cheat.asked.count("/jwks") == asked + 1


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"authorization_endpoint": 7},
    ],
    ids=str,
)
def test_a_description_that_is_not_the_providers_is_refused(cheat: Cheat, described: dict[str, object]) -> None:
    cheat.described = described
    with pytest.raises(SingleSignOnError, match="答复不对"):
        ours(cheat).begin(BACK)


def test_what_the_token_does_not_tell_is_asked_for(cheat: Cheat) -> None:
    cheat.claims = {"sub": "u1"}
    cheat.user_info = {"sub": "u1", "preferred_username": "zhang", "groups": "kb-admins"}
    found = login(cheat, ours(cheat, role_claim="groups"))
    assert (found.name, found.groups) == ("zhang", frozenset({"kb-admins"}))


def test_what_is_told_about_somebody_else_is_refused(cheat: Cheat) -> None:
    cheat.claims = {"sub": "u1"}
    cheat.user_info = {"sub": "u2", "preferred_username": "admin"}
    with pytest.raises(SingleSignOnError, match="答复不对"):
        login(cheat)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "zhang", "email": "z@example.com"}, "zhang"),
        ({"email": "z@example.com"}, "z@example.com"),
        ({"preferred_username": 7, "email": ["x"]}, "u1"),
    ],
)
def test_the_name_wished_for_is_the_best_there_is(cheat: Cheat, claims: dict[str, Any], name: str) -> None:
    cheat.claims, cheat.user_info = {"sub": "u1", **claims}, {"sub": "u1"}
    assert login(cheat).name == name


@pytest.mark.parametrize("listed", [None, 7, {"a": 1}, [7, None, ""]])
def test_groups_of_a_strange_form_are_none(cheat: Cheat, listed: object) -> None:
    cheat.claims, cheat.user_info = {**cheat.claims, "groups": listed}, {"sub": "u1"}
    assert login(cheat, ours(cheat, role_claim="groups")).groups == frozenset()


def test_the_scope_of_the_groups_is_asked_for_where_there_is_one(cheat: Cheat) -> None:
    assert "groups" not in parse_qs(urlsplit(ours(cheat, role_claim="groups").begin(BACK).url).query)["scope"][0]
    cheat.described = {"scopes_supported": ["openid", "groups"]}
    scope = parse_qs(urlsplit(ours(cheat, role_claim="groups").begin(BACK).url).query)["scope"][0]
    assert scope == "openid profile email groups"


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(cheat: Cheat) -> None:
    cheat.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert login(cheat).subject == "u1"


def test_a_wrong_secret_is_told_to_the_log_only(cheat: Cheat, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SingleSignOnError, match="答复不对") as caught:
        login(cheat, OidcProvider(cheat.issuer, CLIENT, "wrong-secret"))
    assert "invalid_grant" in caplog.text
    assert "invalid_grant" not in str(caught.value)
    assert "wrong-secret" not in caplog.text


def test_a_provider_that_is_down_is_told_in_plain_words() -> None:
    with cheating() as gone:
        oidc = ours(gone)
    with pytest.raises(SingleSignOnError, match="连不上统一登录服务"):
        oidc.begin(BACK)


def test_a_provider_that_says_nothing_is_not_waited_for(cheat: Cheat) -> None:
    cheat.open.clear()
    with pytest.raises(SingleSignOnError, match="没有响应"):
        ours(cheat, timeout=0.2).begin(BACK)


def test_a_provider_that_hangs_holds_up_a_few_requests_only(cheat: Cheat) -> None:
    cheat.open.clear()
    oidc, done = ours(cheat, timeout=30), []
    asked = len(cheat.asked)
    waiting = [threading.Thread(target=lambda: done.append(oidc.begin(BACK))) for _ in range(4)]
    for thread in waiting:
        thread.start()
    wait_until(lambda: len(cheat.asked) >= asked + 4)
    with pytest.raises(SingleSignOnError, match="答得太慢"):
        oidc.begin(BACK)
    cheat.open.set()
    for thread in waiting:
        thread.join()
    assert len(done) == 4
    assert oidc.begin(BACK).url
