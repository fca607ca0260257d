"""POST of JSON to a robot, by the standard library: every installation can remind, nothing more has to be installed.

What matters is whether a message that was not answered well may have arrived. Before the connection stands it can't
have; a redirect is never followed, because the address holds the key.
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from kb.errors import DeliveryUnknown, NotDelivered

#: seconds
TIMEOUT = 10.0
#: bytes of an answer that are read; robots answer with a hundred
_LONGEST_ANSWER = 64 * 1024
_BUSY = (429, 503)


def post_json(name: str, url: str, body: object, timeout: float) -> dict[str, Any]:
    """The JSON object that ``url`` answers; ``name`` is what messages call it. Raises NotDelivered, DeliveryUnknown."""
    data = json.dumps(body, ensure_ascii=False).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310  # http or https: kb.notify.addresses
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            answer = json.loads(response.read(_LONGEST_ANSWER))
    except _NotConnectedError as error:
        raise NotDelivered(f"连不上{name}（{error}）。请检查地址、网络和代理设置。", again=True) from None
    except urllib.error.HTTPError as error:
        error.close()
        raise _refusal(name, error.code) from None
    except (ValueError, RecursionError):
        raise DeliveryUnknown(f"{name}的回答看不懂，不确定是否发出。请检查地址，到群里看一眼。") from None
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryUnknown(
            f"{name}没有答复（{type(error).__name__}，最多等 {timeout:g} 秒），不确定是否发出。请到群里看一眼。"
        ) from None
    if not isinstance(answer, dict):
        raise DeliveryUnknown(f"{name}的回答看不懂，不确定是否发出。请检查地址，到群里看一眼。")
    return answer


def _refusal(name: str, status: int) -> NotDelivered | DeliveryUnknown:
    if 300 <= status < 400:
        return NotDelivered(f"{name}的地址转到了别处（HTTP {status}），为防泄露密钥没有跟过去。请改成最终的地址。")
    if status in _BUSY:
        return NotDelivered(f"{name}暂时不接收（HTTP {status}）。", again=True)
    if status < 500:
        return NotDelivered(f"{name}拒绝了请求（HTTP {status}）。请检查地址。")
    return DeliveryUnknown(f"{name}出错了（HTTP {status}），不确定是否发出。请到群里看一眼。")


class _NotConnectedError(Exception):
    """No OSError, so that urllib passes it on as it is."""


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, UnicodeError) as error:  # the latter for names that can't be
            raise _NotConnectedError(type(error).__name__) from None


class _Encrypted(http.client.HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, UnicodeError) as error:  # the latter for names that can't be
            raise _NotConnectedError(type(error).__name__) from None


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Encrypted, req, context=ssl.create_default_context())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Nowhere."""


_OPENER = urllib.request.build_opener(_Http, _Https, _NoRedirect)
