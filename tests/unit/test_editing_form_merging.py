"""What two people wrote into one form is joined; nothing that either wrote is dropped."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kb.editing.form import ArticleForm, changed_fields, values_of
from kb.editing.form_merging import join

BASE = ArticleForm(id="a", title="旧", scripts={"": "您好", "电话": ""}, sections={"处理步骤": "1. 查"})
forms = st.builds(
    replace,
    st.just(BASE),
    title=st.sampled_from(["旧", "甲", "乙"]),
    pinned=st.booleans(),
    channels=st.sampled_from([(), ("微信",)]),
    scripts=st.fixed_dictionaries({"": st.sampled_from(["您好", "丙"]), "电话": st.sampled_from(["", "喂"])}),
    sections=st.fixed_dictionaries({"处理步骤": st.sampled_from(["1. 查", "1. 改"])}),
)


def test_changes_to_different_fields_are_both_kept() -> None:
    mine = replace(BASE, title="新", note="改名")
    theirs = replace(BASE, scripts={"": "您好呀", "电话": "喂"})
    joined = join(BASE, theirs, mine)
    assert joined.form == replace(mine, scripts=theirs.scripts)
    assert (joined.mine, joined.theirs, joined.choices) == (("title",), ("script:", "script:电话"), ())


def test_of_one_field_that_both_changed_mine_stands_until_it_is_chosen() -> None:
    joined = join(BASE, replace(BASE, title="他的", owner="甲部"), replace(BASE, title="我的"))
    assert joined.form == replace(BASE, title="我的", owner="甲部")
    assert joined.choices == ("title",)


def test_lists_are_joined_item_by_item_and_texts_line_by_line() -> None:
    base = replace(BASE, questions="一\n二", tags="甲", sections={"处理步骤": "1. 查\n2. 问\n3. 办"})
    mine = replace(base, questions="一\n二\n我的", tags="甲、乙", sections={"处理步骤": "1. 查单\n2. 问\n3. 办"})
    theirs = replace(base, questions="二\n他的", tags="甲、丙", sections={"处理步骤": "1. 查\n2. 问\n3. 办好"})
    joined = join(base, theirs, mine)
    assert joined.choices == ()
    assert set(joined.form.questions.split("\n")) == {"二", "我的", "他的"}
    assert set(joined.form.tags.split("、")) == {"甲", "乙", "丙"}
    assert joined.form.sections["处理步骤"] == "1. 查单\n2. 问\n3. 办好"


@given(forms, forms)
def test_every_field_has_what_one_of_the_two_wrote(theirs: ArticleForm, mine: ArticleForm) -> None:
    joined = join(BASE, theirs, mine)
    result, base = values_of(joined.form), values_of(BASE)
    for name, ours in values_of(mine).items():
        other = values_of(theirs)[name]
        assert result[name] == (ours if ours != base[name] else other)
        assert (name in joined.choices) == (ours != base[name] and other != base[name] and ours != other)
    assert join(BASE, theirs, BASE).form == theirs
    assert changed_fields(join(BASE, BASE, mine).form, mine) == []
