"""Errors → what people and programs see: an HTML page, or ``application/problem+json`` (RFC 9457) for programs.

Every answer names the request id, under which the log tells more. What only an administrator can mend (paths, engine
messages, stack traces) stays in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from kb.contracts import problem_document
from kb.errors import (
    AccessDenied,
    AccountError,
    ArticleError,
    ArticleNotFound,
    DoneElsewhere,
    EditConflict,
    EditError,
    EngineError,
    ImageRefused,
    InvalidArticle,
    KbError,
    LinkRefused,
    LoginFailed,
    LoginRequired,
    LoginsBusy,
    NotThatDay,
    QueryError,
    SaveFailed,
    SingleSignOnError,
    StoreError,
    TooManyLogins,
    TooManyReports,
)
from kb.model import Problem
from webui.http import limits
from webui.http.callers import asked_by_subscribers
from webui.http.csrf import StalePage
from webui.http.security import request_id

log = logging.getLogger(__name__)

_RETRY = {"Retry-After": "5"}
_BEARER = 'Bearer realm="zhida"'
_BASIC = 'Basic realm="zhida", charset="UTF-8"'
#: what programs and our own pages tell by: log in (again), then repeat the request
LOGIN_REQUIRED = "urn:zhida:problem:login-required"
#: a token or password that is not right
LOGIN_FAILED = "urn:zhida:problem:login-failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell about an error; ``extra`` is for programs, ``link`` is where people can go on."""

    status: int
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "about:blank"
    extra: Mapping[str, object] = field(default_factory=dict)
    link: str = ""


_STORE_DOWN = Answer(503, "暂时读不到数据", "数据库暂时不可用，请稍后重试；若持续出现，请联系管理员。", _RETRY)
_SEARCH_DOWN = Answer(
    503,
    "搜索暂时不可用",
    "高频问题、分类浏览和输入联想仍可使用。请稍后重试；若持续出现，请联系管理员。",
    _RETRY,
)
_OURS = Answer(500, "服务出错了", "这次请求没有完成，错误已记入日志。请重试；若再次出现，请把请求编号告诉管理员。")
_STALE_PAGE = Answer(
    403,
    "页面已过期",
    "打开这个页面之后登录状态变过，或者浏览器没有接受 Cookie，所以没有执行。请刷新页面再操作一次。",
    type="urn:zhida:problem:stale-page",
)
_BY_STATUS = {
    403: ("请求被拒绝", "这个请求来自另一个网站，为安全起见没有执行。请在本站页面上操作。"),
    404: ("页面不存在", "没有这个地址，请检查链接，或从首页搜索。"),
    405: ("不支持这种请求方法", "这个地址不接受这种请求方法，可用的方法见响应头 Allow。"),
    413: ("内容太长", "提交的内容超过 {limit} 的上限，请缩短后再提交。"),
    415: (
        "内容格式不支持",
        "请求正文须是 JSON（Content-Type: application/json），上传图片须是 multipart/form-data 表单。",
    ),
    428: ("要说明看到的是哪个版本", "请带上 If-Match: <revision>；新建请带 If-None-Match: *。"),
}
_BAD_REQUEST = ("请求有误", "服务器读不懂这个请求，请检查后重试。")
_TOO_MANY = "报告太多"
_ELSEWHERE = "这里只能查询"
_NOT_LOGGED_IN, _CONFLICT = "需要登录", "别人已经改过"
_IMAGE_REFUSED, _INVALID = "图片没有保存", "内容不符合格式"

#: addresses that only programs ask for
_FOR_PROGRAMS = ("/api/", "/openapi.json", "/healthz", "/feeds/")

#: what the documentation calls each status
TITLES = {
    304: "没有变化",
    400: _BAD_REQUEST[0],
    401: _NOT_LOGGED_IN,
    409: _CONFLICT,
    421: _ELSEWHERE,
    422: _INVALID,
    429: _TOO_MANY,
    500: _OURS.title,
    503: "暂时不可用",
    **{status: title for status, (title, _) in _BY_STATUS.items()},
    404: "没有这条知识",
}


def register(app: Flask) -> None:
    """Answer every error of ``app`` here."""
    app.register_error_handler(Exception, _respond)


def explain(error: Exception) -> Answer:
    """What to tell about ``error``; logs what is not the caller's doing."""
    if isinstance(error, QueryError):
        return Answer(400, _BAD_REQUEST[0], str(error))
    if isinstance(error, NotThatDay):
        return Answer(404, "那一天的内容查不到", str(error))
    if isinstance(error, ArticleNotFound):
        return Answer(404, "没有这条知识", str(error))
    if isinstance(error, LinkRefused):
        return Answer(410 if error.over else 403, "这个链接不能用", str(error))
    if isinstance(error, ImageRefused):
        return Answer(422, _IMAGE_REFUSED, str(error))
    if isinstance(error, DoneElsewhere):
        return Answer(421, _ELSEWHERE, str(error), extra={"writer": error.address}, link=error.address)
    if isinstance(error, TooManyReports):
        return Answer(429, _TOO_MANY, str(error), {"Retry-After": "600"})
    if isinstance(error, ArticleError):
        return Answer(422, _INVALID, str(error))
    if isinstance(error, (EditError, EditConflict, InvalidArticle)):
        return _explain_edit(error)
    if isinstance(error, (LoginRequired, LoginFailed, TooManyLogins, SingleSignOnError, AccessDenied, AccountError)):
        return _explain_access(error)
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        return _explain_http(error)
    if isinstance(error, (EngineError, StoreError)):
        log.warning("[%s] %s: %s", request_id(), request.path, error)
        return _SEARCH_DOWN if isinstance(error, EngineError) else _STORE_DOWN
    log.error("[%s] %s %s", request_id(), request.method, request.path, exc_info=error)
    return _OURS


def _explain_edit(error: EditError | EditConflict | InvalidArticle) -> Answer:
    """Why something was not saved, and what a program needs to go on."""
    if isinstance(error, EditConflict):
        tag = {"ETag": f'"{error.revision}"'} if error.revision else {}
        return Answer(
            409,
            _CONFLICT,
            str(error),
            tag,
            extra={"revision": error.revision} | ({"diff": error.diff} if error.diff else {}),
        )
    if isinstance(error, InvalidArticle):
        found = [problem_document(problem) for problem in error.problems if isinstance(problem, Problem)]
        return Answer(422, _INVALID, str(error), extra={"problems": found})
    if isinstance(error, SaveFailed):
        log.warning("[%s] %s: %s", request_id(), request.path, error)
        return Answer(503, "暂时不能保存", str(error), _RETRY)
    return Answer(400, "不能这样改", str(error))


def _explain_access(error: KbError) -> Answer:
    if isinstance(error, LoginRequired):
        challenge = _BASIC if asked_by_subscribers() else _BEARER
        return Answer(401, _NOT_LOGGED_IN, str(error), {"WWW-Authenticate": challenge}, LOGIN_REQUIRED)
    if isinstance(error, LoginFailed):
        challenge = _BASIC if asked_by_subscribers() else f'{_BEARER}, error="invalid_token"'
        return Answer(401, "登录没有成功", str(error), {"WWW-Authenticate": challenge}, LOGIN_FAILED)
    if isinstance(error, TooManyLogins):
        title = "登录的人太多" if isinstance(error, LoginsBusy) else "登录失败次数太多"
        return Answer(429, title, str(error), {"Retry-After": str(error.seconds)})
    if isinstance(error, SingleSignOnError):
        return Answer(502, "统一登录不可用", str(error))
    if isinstance(error, AccessDenied):
        return Answer(403, "没有权限", str(error))
    return Answer(400, _BAD_REQUEST[0], str(error))


def _explain_http(error: HTTPException) -> Answer:
    status = error.code or 500
    if isinstance(error, StalePage):
        return _STALE_PAGE
    title, detail = _BY_STATUS.get(status, _BAD_REQUEST)
    if status == 413:
        detail = detail.format(limit=limits.said(request.max_content_length or limits.USUAL))
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return Answer(status, title, detail, headers)


def _respond(error: Exception) -> ResponseReturnValue:
    answer = explain(error)
    if not request.path.startswith(_FOR_PROGRAMS):
        if answer.type == LOGIN_REQUIRED and request.method in ("GET", "HEAD"):
            return redirect(url_for("login.form", next=request.full_path.rstrip("?")))
        return render_template("error.html", answer=answer, request_id=request_id()), answer.status, answer.headers
    response = jsonify(
        type=answer.type,
        title=answer.title,
        status=answer.status,
        detail=answer.detail,
        instance=request.path,
        request_id=request_id(),
        **answer.extra,
    )
    response.content_type = "application/problem+json"
    return response, answer.status, answer.headers
