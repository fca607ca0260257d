"""What in a chat message asks nothing: greetings, thanks, courtesies, links, emoticons, and numbers that only identify.

Order and tracking numbers, phones and cards say who or which one it is about; searched for, they would find articles
that happen to hold the same digits.
"""

from __future__ import annotations

import re

from kb.text.masking import mask
from kb.text.normalize import letters_of

_HAN = "[\u3400-\u9fff]"

#: Where one clause ends and the next begins. Customers also put a blank where a comma belongs.
SOFT_BREAK = re.compile(rf"[，,、～~]+\s*|(?<={_HAN})[ \t\u3000]+(?={_HAN})")

_LINK = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef]+", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z\d][A-Za-z\d_-]{6,}")
_CODE_DIGITS = 7
_BRACKETED = re.compile(r"\[[^\[\]\s]{1,6}\]")  # [微笑], and the labels that masking leaves
_GONE = "\0"
_NAMED_GONE = re.compile(
    rf"(?:我的?)?(?P<what>订单|运单|快递|物流|手机|电话|身份证|银行卡|卡|单)?(?:编号|号码|单号|号)?\s*[:：是为]?\s*{_GONE}"
    r"(?P<alone>\s*(?:$|[，,。；;、\n]))?"
)
_QUERY_GRAMMAR = re.compile(r"[\"＂“”「」『』｢｣﹁﹂﹃﹄]|(?<![A-Za-z0-9])[-－﹣]+")
_CLAUSE_BREAK = re.compile(rf"{SOFT_BREAK.pattern}|[。！？!?；;…：:（）()【】<>《》\n\r]+")

#: what a clause may begin with before it comes to the point
_OPENER = re.compile(
    r"^(?:您好|你好(?!评)|早上好|上午好|中午好|下午好|晚上好|哈喽|亲亲|客服(?=您好|你好)|打扰(?:一下|了)|不好意思|"
    r"(?:请|我?想|麻烦)?问一?下(?!题)|请问|我?想?咨询一?下|麻烦(?:帮我?)?[看查]一?下|帮我?[看查]一?下)+[啊呀哈吧呢]*"
)

#: clauses of nothing else ask nothing; matched one after the other, so the longer comes before what it begins with
_COURTESY = re.compile(
    r"在吗|在么|在不在|在的|在呢|有人在?吗|您说|您讲|您好|你好|好的|好吧|好滴|好嘞|好|行吧|行|可以的|可以|没事|不用了|不用|对的|对|是的|嗯|哦|喔|"
    r"啊|额|呃|哈|呵|嘻|唉|亲爱的|亲|收到|了解|知道|明白|谢|多谢|非常感谢|感谢|辛苦|麻烦|再见|拜拜|请?稍等一下|请?稍等|请稍候|等一下|"
    r"能?帮我?[看查](?:一?下|看|查)?吗?|很高兴为您服务|请问有什么可以帮助?您的?|有什么可以帮助?您的?|祝您生活愉快|您|你|啦|了|呢|okay|ok|hi|hello|hey|thanks|thankyou|thx|bye"
)


def without_links(text: str) -> str:
    """``text`` with blanks over its web addresses, as long as before."""
    return _LINK.sub(lambda link: " " * len(link[0]), text)


def essence(text: str) -> str:
    """What of a sentence is worth a search, free of the query grammar; ``""`` when nothing is asked or told."""
    text = _BRACKETED.sub(_GONE, mask(text.replace(_GONE, " ")))
    text = _CODE.sub(lambda code: _GONE if _digits(code[0]) >= _CODE_DIGITS else code[0], text)
    text = _QUERY_GRAMMAR.sub(" ", _NAMED_GONE.sub(_name_left, text))
    clauses = (_OPENER.sub("", clause.strip()).strip() for clause in _CLAUSE_BREAK.split(text))
    return " ".join(clause for clause in clauses if _says_something(clause))


def _digits(code: str) -> int:
    return sum(character.isdigit() for character in code)


def _name_left(number: re.Match[str]) -> str:
    """What was numbered, when something is said of it: "快递单号 1234567 不动" is about a 快递."""
    return number["alone"] if number["alone"] is not None else f"{number['what'] or ''} "


def _says_something(clause: str) -> bool:
    letters = letters_of(clause)
    place = 0
    while word := _COURTESY.match(letters, place):
        place = word.end()
    return place < len(letters)
