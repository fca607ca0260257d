"""What a customer said, over HTTP: answers by sentence, product and scenario, and nothing of it written down."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.rules.classification import CERTAIN
from tests.conftest import indexed
from tests.unit.forms import HERE, submit
from webui import create_app

PERSONAL = ("13812345678", "11010519491231002X", "6222020200112233445", "202611201234567", "SF1234567890123")
CHAT = ["您好，在吗", "我的订单显示已发货但没物流信息，订单号202611201234567", "发票抬头开错了怎么重开？谢谢[微笑]"]


def post(client: FlaskClient, route: str, body: object, status: int = 200) -> Any:
    response = client.post(f"/api/v1/{route}", json=body)
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == ("application/json" if status == 200 else "application/problem+json")
    return response.get_json(force=True)


def test_each_sentence_has_its_answer_near_the_top(client: FlaskClient) -> None:
    answer = post(client, "recommend", {"messages": CHAT, "channel": "微信"})
    assert list(answer) == ["items", "sentences", "note", "semantic_trouble", "took_ms", "generation"]
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3, 4, 5]
    first = {item["id"]: item["sentence"] for item in answer["items"][:3]}
    assert first["shipped-no-tracking"] == CHAT[1]
    assert first["invoice-get"] == "发票抬头开错了怎么重开？"
    assert [CHAT[s["message"]][s["start"] : s["end"]] for s in answer["sentences"]] == [
        s["text"] for s in answer["sentences"]
    ]
    assert answer["note"] is None


def test_what_the_agent_said_is_context_only(client: FlaskClient) -> None:
    chat = [{"role": "agent", "text": "您的退款已原路返回。"}, {"role": "customer", "text": "多久到账？"}]
    answer = post(client, "recommend", {"messages": chat, "limit": 1})
    assert [sentence["message"] for sentence in answer["sentences"]] == [1]
    assert "退款" in answer["items"][0]["title"]


def test_an_article_is_listed_once_with_the_script_of_the_channel(client: FlaskClient) -> None:
    body = {"messages": ["未收到货退款", "没收到货怎么退款"], "channel": "电话", "limit": 20}
    items = post(client, "recommend", body)["items"]
    assert len({item["id"] for item in items}) == len(items)
    assert "您别着急" in items[0]["script"]


def test_a_product_narrows(client: FlaskClient) -> None:
    items = post(client, "recommend", {"messages": CHAT, "product": "delivery"})["items"]
    assert {item["product_slug"] for item in items} == {"delivery"}


@pytest.mark.parametrize("messages", [[], [""], ["您好，在吗", "😀😀"], ["订单号202611201234567"]])
def test_nothing_asked_is_no_error(client: FlaskClient, messages: list[str]) -> None:
    answer = post(client, "recommend", {"messages": messages})
    assert (answer["items"], answer["sentences"]) == ([], [])
    assert "没有要查的问题" in answer["note"]
    assert answer["generation"]
    found = post(client, "classify", {"messages": messages})
    assert (found["label"], found["uncertain"], found["candidates"]) == ("不确定", True, [])


def test_four_thousand_characters_of_one_word_are_answered(client: FlaskClient) -> None:
    assert len(post(client, "recommend", {"messages": ["退" * 4000]})["sentences"]) == 1
    post(client, "classify", {"text": "a" * 4000})


def test_the_scenario_of_a_question_is_named_with_its_confidence(client: FlaskClient) -> None:
    found = post(client, "classify", {"text": "我的订单显示已发货但没物流信息"})
    assert found["label"] == "物流配送 › 物流查询与异常"
    assert (found["product_slug"], found["scenario_slug"], found["uncertain"]) == ("delivery", "tracking", False)
    assert found["confidence"] == found["candidates"][0]["confidence"] >= CERTAIN
    shares = [candidate["confidence"] for candidate in found["candidates"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1


@pytest.mark.parametrize("text", ["今天天气怎么样", "asdf qwer", "帮我写一首关于春天的诗"])
def test_what_is_about_something_else_is_uncertain(client: FlaskClient, text: str) -> None:
    found = post(client, "classify", {"text": text})
    assert (found["label"], found["product"], found["scenario"]) == ("不确定", None, None)
    assert found["confidence"] < CERTAIN
    assert found["candidates"]


def test_the_product_is_named_when_only_the_scenario_is_uncertain(client: FlaskClient) -> None:
    found = post(client, "classify", {"text": "企业购有问题"})
    assert (found["product"], found["scenario"], found["uncertain"]) == ("云杉企业购", None, True)
    assert found["label"] == "云杉企业购 › 不确定"


@pytest.mark.parametrize(
    ("route", "body", "told"),
    [
        ("recommend", {}, "请给出 text 或 messages 其中一个"),
        ("recommend", {"messages": "退款"}, "messages 须是不超过 200 条消息的数组"),
        ("recommend", {"messages": ["退款"] * 201}, "messages 须是不超过 200 条消息的数组"),
        ("recommend", {"messages": [1]}, "messages 的第 1 条须是文字，或带 role 和 text 的对象"),
        ("recommend", {"messages": ["a", {"role": "robot", "text": "b"}]}, "role 只能是 customer、agent"),
        ("recommend", {"messages": [{"role": "agent"}]}, "messages 的第 1 条缺少 text"),
        ("recommend", {"messages": [{"role": "agent", "text": "a", "at": 1}]}, "不认识的字段：at"),
        ("recommend", {"messages": ["退" * 4000, "款"]}, "超过 4000 字的上限，请只发最后几条"),
        ("recommend", {"messages": [""], "channel": "传真"}, "没有名为“传真”的渠道"),
        ("recommend", {"messages": [""], "product": "火星"}, "没有名为“火星”的产品类型"),
        ("recommend", {"messages": ["退款"], "limit": 21}, "limit 须是 1 到 20"),
        ("classify", {}, "请给出 text 或 messages 其中一个"),
        ("classify", {"text": "退款", "messages": ["退款"]}, "请给出 text 或 messages 其中一个"),
        ("classify", {"text": "退" * 4001}, "text 须是不超过 4000 字"),
    ],
)
def test_bad_input_is_named(client: FlaskClient, route: str, body: object, told: str) -> None:
    assert told in post(client, route, body, status=400)["detail"]


def test_nothing_personal_reaches_database_or_log(small: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = indexed(small)
    client = create_app(service).test_client()
    client.get("/")
    texts = [f"我的号码{number}，怎么退款" for number in PERSONAL]
    unanswered = [f"囧囧囧{number}囧囧囧？" for number in PERSONAL]
    for route in ("recommend", "classify"):
        post(client, route, {"messages": [*texts, *unanswered]})
    assert submit(client, "/recommend", messages="\n".join([*texts, *unanswered])).status_code == 200
    service.log_writer.stop()
    written = b"".join(path.read_bytes() for path in Path(small.data).rglob("*") if path.is_file())
    assert "囧囧囧".encode() in written, "what found nothing is worth knowing"
    for number in PERSONAL:
        assert number.encode() not in written
        assert number not in caplog.text
    assert "怎么退款" not in caplog.text


def test_the_page_answers_without_javascript(client: FlaskClient) -> None:
    form = {"messages": "\r\n".join(CHAT)}
    html = submit(client, "/recommend?channel=电话", HERE, **form).get_data(as_text=True)
    assert "已发货无物流信息" in html
    assert "“发票抬头开错了怎么重开？”" in html
    assert client.get("/recommend").status_code == 200
    assert client.post("/recommend", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
