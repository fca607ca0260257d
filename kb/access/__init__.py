"""Who somebody is, before ``kb.rules.access`` says what they may do: accounts, logins, sessions, tokens, audit log.

Made by ``kb.wiring``. What comes out at the other end is always a ``kb.model.Caller``::

    access.logins.log_in(name, password, visit)  → LoggedIn(token, device, account): what goes into cookies
    access.sessions.caller(token)                → Caller | None
    access.tokens.caller(text)                   → Caller, or LoginFailed
    access.single_sign_on.begin(…), .finish(…)   → LoggedIn, for people whom a provider of OpenID Connect knows
    access.proxies.caller(name)                  → Caller, for the name that a trusted reverse proxy gave
    access.accounts, access.tokens, access.audit   what administrators do; every method takes the Caller who does it
    access.signer.sign(purpose, …)                 keyed hashes: device cookies, CSRF
"""

from __future__ import annotations

from dataclasses import dataclass

from kb.access.accounts import Accounts
from kb.access.audit import Audit
from kb.access.external import Proxies, SingleSignOn
from kb.access.logins import Logins
from kb.access.sessions import Sessions
from kb.access.signing import Signer
from kb.access.tokens import Tokens
from kb.model import Role


@dataclass(frozen=True, slots=True)
class Access:
    """Everything about who somebody is. ``anonymous_role``: what people are who don't log in, None: they have to.

    ``single_sign_on`` is None where no provider is configured.
    """

    accounts: Accounts
    logins: Logins
    sessions: Sessions
    tokens: Tokens
    audit: Audit
    signer: Signer
    anonymous_role: Role | None
    proxies: Proxies
    single_sign_on: SingleSignOn | None
