"""What names and passwords of accounts may be; names are compared folded, so that two can't look alike."""

from __future__ import annotations

import re
import unicodedata

from kb.errors import AccountError

LONGEST_NAME = 60
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

#: lower-case letters of ASCII only: a Cyrillic а would pass for a Latin one; Han characters of the common blocks
_LETTERS = r"a-z0-9._@\-\u3400-\u4dbf\u4e00-\u9fff"
_NAME = re.compile(rf"[{_LETTERS}]{{1,{LONGEST_NAME}}}")
#: the first that anybody tries, of those that are long enough
_GUESSED_FIRST = (
    "1234567890 0123456789 0987654321 9876543210 12345678910 qwertyuiop 1qaz2wsx3edc password12 password123 "
    "password1234 passw0rd123 admin12345 admin123456 administrator woaini1314 woaini520 a123456789 123456789a "
    "abc1234567 abcdefghij 1q2w3e4r5t qwerty12345 iloveyou123 5201314520 1314520520 zhida12345 zhida123456"
)


def folded(name: str) -> str:
    """The form in which names are kept and compared. Any text can be folded; ``account_name`` also judges it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def account_name(name: str) -> str:
    """The folded form of a name for an account or a token. Raises AccountError when it can't be one."""
    found = folded(name)
    if not _NAME.fullmatch(found):
        raise AccountError(f"名称只能用汉字、英文字母、数字和 . _ - @，最多 {LONGEST_NAME} 个字，中间不能有空格。")
    return found


def near_name(wish: str) -> str:
    """A name for an account that looks like ``wish``, whatever characters that has."""
    return re.sub(rf"[^{_LETTERS}]+", "-", folded(wish)).strip("-")[:LONGEST_NAME] or "user"


def check_password(password: str, name: str) -> None:
    """Raises AccountError for what is guessed first; no other rules, they make passwords worse (NIST SP 800-63B)."""
    said = unicodedata.normalize("NFKC", password).casefold()
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(
            f"密码须有 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符；用几个不相干的词连起来，好记又难猜。"
        )
    if said.strip() in _GUESSED_FIRST.split() or len(set(said)) < 3:
        raise AccountError("这个密码太常见，别人最先就会试到。请换一个，例如几个不相干的词连起来。")
    if len(name) > 2 and not said.replace(name, "").strip("0123456789"):
        raise AccountError("密码不能是登录名，也不能只在登录名后面加数字。")
