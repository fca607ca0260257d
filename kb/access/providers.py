"""Which provider and which proxies the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec

from kb.access.external import ExternalAccounts, Proxies, SingleSignOn
from kb.access.logins import Logins
from kb.config import Settings
from kb.errors import SettingsError
from kb.ports.identity import IdentityProvider
from kb.text.once import once


def proxies(settings: Settings, external: ExternalAccounts, now: Callable[[], datetime]) -> Proxies:
    """The reverse proxies that the settings trust. Raises SettingsError when they lack something."""
    if settings.proxy_user_header and not settings.trusted_proxies:
        raise SettingsError("设置了 proxy_user_header，还要设置 trusted_proxies：反向代理的地址，否则谁都能自称是谁。")
    return Proxies(settings.trusted_proxies, settings.proxy_user_header, external, now)


def single_sign_on(settings: Settings, external: ExternalAccounts, logins: Logins) -> SingleSignOn | None:
    """Logging in with the provider that the settings name. Raises SettingsError when they lack something."""
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id:
        raise SettingsError("设置了 oidc_issuer，还要设置 oidc_client_id：统一登录服务给本系统登记的客户端编号。")
    if settings.oidc_roles and not settings.oidc_role_claim:
        raise SettingsError("设置了 oidc_roles，还要设置 oidc_role_claim：身份凭证的哪一项列出用户的组，如 groups。")
    if not find_spec("authlib"):
        raise SettingsError("设置了 oidc_issuer，但没有安装 Authlib；请执行 pip install 'zhida-kb[oidc]'。")

    @once
    def provider() -> IdentityProvider:
        from kb.access.oidc import OidcProvider

        secret, role_claim = settings.oidc_client_secret, settings.oidc_role_claim
        return OidcProvider(settings.oidc_issuer, settings.oidc_client_id, secret, role_claim)

    return SingleSignOn(settings.oidc_name, provider, external, logins, dict(settings.oidc_roles))
