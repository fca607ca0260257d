"""Corrections that titles and questions support, and none that they don't."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.rewriting import mend
from kb.text.confusions import look_alikes, near_sound
from kb.text.normalize import normalize
from kb.text.spelling import Slip, Spelling
from kb.text.tokenizer import Tokenizer

TEXTS = (
    *("未收到货退款", "已收到货怎么退款", "退款多久到账", "退款到账时效"),
    *("账号登录锁定", "登录不了", "PLUS 会员权益说明", "会员权益有哪些", "会员权益到期", "权益没有了"),
    *("摄像头云存储套餐", "摄像头离线", "重复扣款退回", "重复扣款怎么办", "没收到快递", "快递没到"),
    *("绑定银行卡", "解除绑定", "收不到验证码", "验证码错误", "账户注销", "账户冻结", "无理由退货", "七天无理由"),
)
SPELLING = Spelling(TEXTS)
TOKENIZER = Tokenizer()


def corrected(typed: str) -> str | None:
    mended = mend(typed, SPELLING.slips(typed, TOKENIZER.is_word))
    return mended.text if mended else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("退宽", "退款"),
        ("退宽多久到账", "退款多久到账"),
        ("登陆锁定", "登录锁定"),
        ("会圆权益", "会员权益"),
        ("充复扣款", "重复扣款"),
        ("摄相头离线", "摄像头离线"),
        ("无里由退货", "无理由退货"),
        ("帐户冻结", "账户冻结"),
        ("怎么邦定", "怎么绑定"),
        ("没收到快弟", "没收到快递"),
        ("没收到快定", None),
        ("虽款多久", None),
        ("拾账", None),
        ("plsu 会员", "plus 会员"),
        ("怎么tuikuan", "怎么退款"),
        ("kuaidi没到", "快递没到"),
        ("yanzhengma收不到", "验证码收不到"),
        ("tuikuandaozhang时间", None),
        ("tuikuanbaxi多久", None),
    ],
)
def test_slips_are_mended_where_the_vocabulary_is_sure(typed: str, meant: str | None) -> None:
    assert corrected(typed) == meant


@pytest.mark.parametrize("typed", ["快第没到", "快缔没到"])
def test_the_same_sound_in_other_characters(typed: str) -> None:
    assert corrected(typed) == "快递没到"


def test_a_near_sound_is_less_certain_than_the_same_sound() -> None:
    (same,), (near,) = (SPELLING.slips(text, TOKENIZER.is_word) for text in ("登路不了", "登怒不了"))
    assert (same.meant, near.meant) == ("登录", "登录")
    assert same.certainty > near.certainty


@pytest.mark.parametrize(
    "typed",
    [
        *map(normalize, TEXTS),
        "饕餮",
        "",
        "wifi",
        "5g",
        "abc",
        "🎉",
        "推广",
        "分期付款",
        "全线产品",
        "换货怎么换",
        "吗我想",
    ],
)
def test_what_is_right_or_has_no_likeness_is_left_alone(typed: str) -> None:
    assert corrected(typed) is None


def test_what_was_written_only_once_is_no_model_and_no_slip() -> None:
    spelling = Spelling(["退款到账", "退款多久", "登陆不了", "登录页面", "登录失败", "只有一次提现"])
    assert spelling.slips("提线", TOKENIZER.is_word) == ()
    assert spelling.slips("登陆", TOKENIZER.is_word) == ()


def test_a_query_full_of_slips_is_about_something_else() -> None:
    assert len(SPELLING.slips("退宽充复", TOKENIZER.is_word)) == 2
    assert SPELLING.slips("退宽充复会圆", TOKENIZER.is_word) == ()


@pytest.mark.parametrize(("typed", "meant"), [("tuikusn", "退款"), ("kuaisi", "快递"), ("tuik uam", "退款")])
def test_one_missed_key_in_pinyin(typed: str, meant: str) -> None:
    assert SPELLING.despite_slip(typed, TOKENIZER.is_word) == meant


@pytest.mark.parametrize("typed", ["tyikusn", "happy", "", "退款", "tuikuan" * 30])
def test_what_is_not_pinyin_but_for_one_key(typed: str) -> None:
    assert SPELLING.despite_slip(typed, TOKENIZER.is_word) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zhang", "zan"),
        ("shi", "si"),
        ("nan", "lan"),
        ("fei", "hui"),
        ("fan", "huan"),
        ("xing", "xin"),
        ("feng", "fen"),
    ],
)
def test_sounds_that_are_confused_are_near(one: str, other: str) -> None:
    assert near_sound(one) == near_sound(other)


def test_sounds_that_nobody_confuses_are_not_near() -> None:
    sounds = ("kuan", "tui", "deng", "lu", "zhi", "ji", "hou", "hei", "hen", "ming", "mang")
    assert len({near_sound(sound) for sound in sounds}) == len(sounds)


def test_look_alikes_go_both_ways() -> None:
    assert "录" in look_alikes("陆")
    assert "陆" in look_alikes("录")
    assert look_alikes("款") == ""


@given(st.text(st.one_of(st.characters(), st.sampled_from("退宽款登陆录plus 充复会圆tuikan")), max_size=30))
def test_any_text_can_be_checked(text: str) -> None:
    folded = normalize(text)
    slips = SPELLING.slips(folded, TOKENIZER.is_word)
    assert len(slips) <= 2
    assert all(folded[slip.start : slip.end] != slip.meant for slip in slips)
    assert all(a.end <= b.start for a, b in pairwise(slips))
    assert corrected(folded) != folded
    SPELLING.despite_slip(folded, TOKENIZER.is_word)


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
def test_what_was_mended_stays_as_it_is(one: str, other: str) -> None:
    text = normalize(f"{one} {other}").replace("款", "宽").replace("录", "陆")
    mended = corrected(text)
    assert mended is None or corrected(mended) is None


def mended(spelling: Spelling) -> list[object]:
    asked = ["退宽多久", "登路", "weixin支付", "refnud", "提现", *TEXTS]
    slips = [spelling.slips(text, str.isalpha) for text in asked]
    return [
        *slips,
        *map(spelling.knows, asked),
        [spelling.despite_slip(text, str.isalpha) for text in ("tuikusn", "x")],
    ]


def test_what_is_kept_follows_edits_as_what_was_learned(tmp_path: Path) -> None:
    kept = Spelling(TEXTS, tmp_path / "kept")
    kept.warm_up()
    now = (*TEXTS[2:], "提现到账", "提现失败", "微信支付", "微信支付限额")
    followed = kept.changed(TEXTS[:2], now[len(TEXTS) - 2 :], now)
    assert mended(followed) == mended(Spelling(now)) != mended(kept)


def test_what_is_kept_mends_as_what_was_learned(tmp_path: Path) -> None:
    Spelling(TEXTS, tmp_path / "kept").warm_up()
    written = (tmp_path / "kept").stat().st_mtime_ns
    again = Spelling(TEXTS, tmp_path / "kept")
    again.warm_up()
    assert mended(again) == mended(Spelling(TEXTS))
    assert (tmp_path / "kept").stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-1], lambda whole: whole.replace(b"tui", b"tua"), lambda _: b""]
)
def test_what_is_damaged_or_of_other_texts_is_learned_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    kept = tmp_path / "kept"
    Spelling(TEXTS, kept).warm_up()
    assert mended(Spelling(TEXTS[1:], kept)) == mended(Spelling(TEXTS[1:]))
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    spelling = Spelling(TEXTS, kept)
    assert mended(spelling) == mended(Spelling(TEXTS))
    spelling.warm_up()
    assert kept.read_bytes() == whole


_WORDINGS = st.lists(
    st.one_of(st.sampled_from(TEXTS), st.text("退款到账登录推宽等路西安先哈 wifplus", min_size=1, max_size=8)),
    max_size=12,
)


@given(
    _WORDINGS, _WORDINGS, _WORDINGS, st.lists(st.sampled_from(["退宽", "登陆", "tuikuan", "xian", "tuikusn", "wifj"]))
)
def test_spelling_that_follows_an_edit_is_that_of_all_texts(
    kept: list[str], gone: list[str], come: list[str], typed: list[str]
) -> None:
    """Texts are written twice where a word has to be common."""
    before, after = [*kept, *gone, *kept], [*kept, *kept, *come]
    followed, anew = Spelling(before).changed(gone, come, after), Spelling(after)
    pairs = ("".join(pair) for wording in (*kept, *gone, *come) for pair in pairwise(wording))
    for text in [*typed, *pairs]:
        assert followed.knows(text) == anew.knows(text)
        assert followed.slips(text, TOKENIZER.is_word) == anew.slips(text, TOKENIZER.is_word)
        assert followed.despite_slip(text, TOKENIZER.is_word) == anew.despite_slip(text, TOKENIZER.is_word)
        assert _words_of(followed, text) == _words_of(anew, text)


def _words_of(spelling: Spelling, typed: str) -> tuple[Slip, ...]:
    """What letters among Chinese are taken for."""
    return spelling.slips(f"退款{normalize(typed)}", lambda word: True)
