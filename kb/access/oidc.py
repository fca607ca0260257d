"""OpenID Connect, code flow with PKCE: the protocol without web pages.

Authlib knows the protocol (addresses, PKCE, which claims an ID token needs), joserfc signatures, httpx HTTP. Authlib's
clients for web frameworks are not used: they take whatever algorithm the provider announces. Loading all this takes a
second, so that ``kb.access.providers`` imports this module only where it is needed.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from kb.errors import SingleSignOnError
from kb.ports.identity import Departure, Identity

log = logging.getLogger(__name__)

#: public keys only: `none` proves nothing, and HS256 would take a key that is published for a secret
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: seconds that clocks may differ
_LEEWAY = 60
#: seconds after which the provider's document and keys are asked for again
_KEPT = 3600
#: requests at once that may wait for the provider; when it hangs, the other threads go on serving
_WAITING = 4
_DISCOVERY = "/.well-known/openid-configuration"
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Document = dict[str, Any]


class OidcProvider:
    """Implements ``kb.ports.identity.IdentityProvider``.

    ``role_claim``: where the ID token lists groups, ``""``: nowhere. ``timeout``: seconds to wait for each answer.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str = "", role_claim: str = "", timeout: float = 5.0
    ) -> None:
        self._issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._role_claim, self._timeout = role_claim, timeout
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._kept: dict[str, tuple[float, Document]] = {}

    def begin(self, redirect_uri: str, ask_again: bool = False) -> Departure:
        """See the port."""
        with self._asking() as client:
            provider = self._provider(client)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            provider["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._scopes(provider),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            prompt="login" if ask_again else None,
        )
        return Departure(url, state, nonce, verifier)

    def finish(self, departure: Departure, code: str, redirect_uri: str) -> Identity:
        """See the port."""
        with self._asking() as client:
            provider = self._provider(client)
            token = self._exchanged(client, provider, departure.verifier, code, redirect_uri)
            claims = self._verified(client, provider, token, departure.nonce)
            if missing := self._wanted() - claims.keys():
                log.debug("ID token without %s: asking for user info", missing)
                claims = {**self._user_info(client, provider, token, claims["sub"]), **claims}
        return self._identity(claims)

    @contextmanager
    def _asking(self) -> Iterator[httpx.Client]:
        """A client; everything that can go wrong with it becomes SingleSignOnError."""
        if not self._waiting.acquire(blocking=False):
            raise SingleSignOnError("统一登录服务答得太慢，正在等它的人太多。请稍后再试，或用本地账号登录。")
        try:
            with httpx.Client(timeout=self._timeout) as client:
                yield client
        except httpx.TimeoutException as error:
            raise SingleSignOnError("统一登录服务没有响应。请稍后再试，或用本地账号登录。") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.warning("OIDC: %s: %s", type(error).__name__, error)
            raise SingleSignOnError(
                "连不上统一登录服务。请稍后再试，或用本地账号登录；一直如此请联系管理员。"
            ) from error
        finally:
            self._waiting.release()

    def _provider(self, client: httpx.Client) -> Document:
        """Its own description (OpenID Connect Discovery)."""
        found = self._document(client, self._issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self._issuer:
            raise _misconfigured(
                f"发现文档的 issuer 是 {found.get('issuer')!r}，设置 oidc_issuer 是 {self._issuer!r}，须完全一致"
            )
        if missing := [name for name in _NEEDED if not isinstance(found.get(name), str)]:
            raise _misconfigured(f"发现文档里没有 {'、'.join(missing)}")
        return found

    def _document(self, client: httpx.Client, url: str, fresh: bool = False) -> Document:
        """The JSON object at ``url``, kept for an hour unless it has to be ``fresh``."""
        asked, document = self._kept.get(url, (0.0, {}))
        now = time.monotonic()
        if fresh or not document or now - asked > _KEPT:
            document = _object(client.get(url))
            self._kept[url] = (now, document)
        return document

    def _scopes(self, provider: Document) -> str:
        """Some providers tell the groups only to those who ask for the scope of that name."""
        offered = provider.get("scopes_supported") or ()
        return " ".join(["openid", "profile", "email", *([self._role_claim] if self._role_claim in offered else [])])

    def _exchanged(
        self, client: httpx.Client, provider: Document, verifier: str, code: str, redirect_uri: str
    ) -> Document:
        """The tokens for ``code``."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form |= {"code_verifier": verifier, "client_id": self._client_id}
        methods = provider.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in methods:
            pair = quote(self._client_id, safe=""), quote(self._secret, safe="")  # encoded: RFC 6749, 2.3.1
            return _object(client.post(provider["token_endpoint"], data=form, auth=pair))
        if self._secret:
            form["client_secret"] = self._secret
        return _object(client.post(provider["token_endpoint"], data=form))

    def _verified(self, client: httpx.Client, provider: Document, token: Document, nonce: str) -> Document:
        """The claims of the ID token, once its signature, sender, receiver, time and nonce are right."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise _misconfigured("令牌应答里没有 id_token")
        try:
            signed = self._signed(client, provider, text)
            expected = {"iss": self._issuer, "aud": self._client_id}
            options = {name: {"essential": True, "value": value} for name, value in expected.items()}
            known = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(signed.claims, signed.header, {**options, "sub": {"essential": True}}, known)
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("OIDC: ID token refused: %s: %s", type(error).__name__, error)
            raise SingleSignOnError(
                "统一登录服务给出的身份凭证没有通过检查，没有登录。请重试；一直如此请联系管理员。"
            ) from error
        return dict(claims)

    def _signed(self, client: httpx.Client, provider: Document, text: str) -> jwt.Token:
        """The token, decoded; with new keys when it is signed with one that we don't know yet."""
        try:
            return jwt.decode(text, self._keys(client, provider), list(ALGORITHMS))
        except InvalidKeyIdError:
            return jwt.decode(text, self._keys(client, provider, fresh=True), list(ALGORITHMS))

    def _keys(self, client: httpx.Client, provider: Document, fresh: bool = False) -> KeySet:
        document: Any = self._document(client, provider["jwks_uri"], fresh)
        keys: KeySet = KeySet.import_key_set(document)
        return keys

    def _wanted(self) -> set[str]:
        return {"preferred_username", *([self._role_claim] if self._role_claim else [])}

    def _user_info(self, client: httpx.Client, provider: Document, token: Document, subject: str) -> Document:
        """What the provider tells only here; nothing when it has no such place."""
        url, access_token = provider.get("userinfo_endpoint"), token.get("access_token")
        if not isinstance(url, str) or not isinstance(access_token, str):
            return {}
        found = _object(client.get(url, headers={"Authorization": f"Bearer {access_token}"}))
        if found.get("sub") != subject:
            raise _misconfigured("用户信息与身份凭证说的不是同一个人")
        return found

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        said = {name: claims[name] for name in ("preferred_username", "email", "name") if _is_text(claims.get(name))}
        listed = claims.get(self._role_claim) if self._role_claim else None
        groups = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
        return Identity(
            issuer=self._issuer,
            subject=claims["sub"],
            name=said.get("preferred_username") or said.get("email") or claims["sub"],
            display=said.get("name", ""),
            groups=frozenset(group for group in groups if _is_text(group)),
        )


def _object(response: httpx.Response) -> Document:
    """The JSON object of an answer. Raises SingleSignOnError."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if response.is_success and isinstance(document, dict):
        return document
    reason = document.get("error") if isinstance(document, dict) else None
    raise _misconfigured(f"{response.url.path} 答复 {response.status_code} {reason!r}")


def _misconfigured(reason: str) -> SingleSignOnError:
    """What only an administrator can mend: the reason is for the log."""
    log.warning("OIDC: %s", reason)
    return SingleSignOnError("统一登录服务的答复不对，没有登录。请重试，或用本地账号登录；一直如此请管理员查看日志。")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
