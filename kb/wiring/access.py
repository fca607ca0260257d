"""Accounts, logins, tokens and the audit log on one database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kb.access import Access
from kb.access.accounts import Accounts
from kb.access.audit import Audit
from kb.access.external import ExternalAccounts
from kb.access.logins import Logins
from kb.access.passwords import Passwords
from kb.access.providers import proxies, single_sign_on
from kb.access.sessions import Sessions
from kb.access.throttle import Throttle
from kb.access.tokens import Tokens
from kb.config import Settings
from kb.store.accounts import AccountStore
from kb.store.audit import AuditLog
from kb.store.database import Database
from kb.store.log_writer import LogWriter
from kb.store.login_failures import LoginFailures
from kb.store.sessions import SessionStore
from kb.store.spool import Spool, SpooledSessionStore, SpooledTokenStore
from kb.store.tokens import TokenStore
from kb.wiring.basics import local_now, signer_of


def build_access(
    settings: Settings,
    database: Database,
    log_writer: LogWriter | None = None,
    now: Callable[[], datetime] | None = None,
    passwords: Passwords | None = None,
) -> Access:
    """Accounts, logins, tokens and the audit log in ``database``."""
    later = (log_writer or LogWriter()).put
    now, passwords, store = now or local_now, passwords or Passwords(), AccountStore(database)
    audit, signer = Audit(AuditLog(database), now), signer_of(settings, database)
    idle, longest = timedelta(hours=settings.session_idle_hours), timedelta(days=settings.session_max_days)
    kept_sessions, kept_tokens = _stores(settings, database)
    sessions = Sessions(kept_sessions, idle, longest, later, now)
    throttle = Throttle(LoginFailures(database), signer, now)
    logins, external = Logins(store, sessions, passwords, throttle, audit, now), ExternalAccounts(store, audit, now)
    return Access(
        accounts=Accounts(store, sessions, passwords, audit, now),
        logins=logins,
        sessions=sessions,
        tokens=Tokens(kept_tokens, audit, later, now),
        audit=audit,
        signer=signer,
        anonymous_role=settings.anonymous_role,
        proxies=proxies(settings, external, now),
        single_sign_on=single_sign_on(settings, external, logins),
    )


def _stores(settings: Settings, database: Database) -> tuple[SessionStore, TokenStore]:
    """Those of a search node tell the writer what was used."""
    if settings.role != "search":
        return SessionStore(database), TokenStore(database)
    spool = Spool(database)
    return SpooledSessionStore(database, spool), SpooledTokenStore(database, spool)
