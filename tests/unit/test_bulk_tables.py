"""Tables as people have them: other headings, encodings and systems, broken files, cells that aren't text."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kb.bulk.columns import Columns
from kb.bulk.csv_files import read_csv
from kb.bulk.exporting import write_template
from kb.bulk.importing import ImportReport
from kb.bulk.rows import Row
from kb.errors import BulkImportError
from kb.model import Article
from tests.unit.article_tree import CHANNELS, write
from tests.unit.bulk_desk import TODAY, BulkDesk

HEADINGS = ("编号", "标准问", "相似问", "分类", "标准话术")
ROW = ("up1", "什么是闪付？", "闪付怎么用\n什么叫闪付", "基本业务/IC卡", "靠近 POS 机即可。")


@pytest.fixture
def desk(tmp_path: Path) -> BulkDesk:
    return BulkDesk(tmp_path)


def only(desk: BulkDesk) -> Article:
    (article,) = desk.articles().values()
    return article


def reason(report: ImportReport) -> str:
    assert not report.written
    return report.rows[-1].reason


# --- headings


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        (HEADINGS, ROW),
        (("id", "title", "questions", "category", "body"), ROW),
        ((" ID ", "标准问题（必填）", "相似问法", "知识分类", "答案"), ROW),
        (("Title", "Similar Questions", "Category", "Answer", "id"), (*ROW[1:], ROW[0])),
        (("编号", "知识标题", "相似问题", "分类", "知识内容(纯文本)"), ROW),
        (("编号", "问题", "相似问", "分类", "回复"), ROW),
        (("编号", "分段标题(选填)", "问题(选填，单元格内一行一个)", "分类", "分段内容(必填)"), ROW),
        (("编号", "标准问", "相似问1", "相似问2", "分类", "答案"), (*ROW[:2], "闪付怎么用", "什么叫闪付", *ROW[3:])),
    ],
)
def test_headings_may_be_called_what_they_are_called_elsewhere(desk: BulkDesk, headings: Any, row: Any) -> None:
    report = desk.table(headings, row)
    assert report.unused == ()
    article = only(desk)
    assert (article.id, article.title, article.questions) == ("up1", "什么是闪付？", ("闪付怎么用", "什么叫闪付"))
    assert (article.product.title, article.scenario.title) == ("基本业务", "IC卡")
    assert article.script_for() == "靠近 POS 机即可。"


def test_a_form_with_a_title_and_instructions_above_the_headings(desk: BulkDesk) -> None:
    desk.table(("知识导入表",), ("请勿修改表头",), (), HEADINGS, ROW)
    assert only(desk).id == "up1"


def test_columns_without_meaning_are_named_and_left_out(desk: BulkDesk) -> None:
    assert desk.table((*HEADINGS, "点击量", ""), (*ROW, 5)).unused == ("点击量",)


@pytest.mark.parametrize("headings", [("甲", "乙"), ("标准问",), ("答案", "分类")])
def test_a_table_without_headings_is_refused(desk: BulkDesk, headings: tuple[str, ...]) -> None:
    with pytest.raises(BulkImportError, match="没有找到表头"):
        desk.table(headings, ROW)


@pytest.mark.parametrize("other", ["标题", "标准问"])
def test_two_headings_for_one_column_are_refused(desk: BulkDesk, other: str) -> None:
    with pytest.raises(BulkImportError, match=f"“标准问”和“{other}”都表示"):
        desk.take(desk.csv(f"标准问,{other},答案"))


def test_a_note_beside_the_table_does_no_harm(desk: BulkDesk) -> None:
    assert desk.table(HEADINGS, (*ROW, "", "写在旁边的话")).written


# --- what cells mean


def test_every_column_arrives_in_its_field(desk: BulkDesk) -> None:
    cells = {
        "编号": "up1", "标准问": "什么是闪付？", "分类": "甲/乙", "标准话术": "通用",
        "标准话术：电话": "口头", "微信话术": "打字",
        "处理步骤": "1. 查单", "注意事项": "别急", "其他内容": "引言\n## 背景\n很久以前", "类型": "操作指引",
        "渠道": "微信，电话",
        "业务部门": "卡部", "问题对接人": "卡群", "优先级": "一级", "关键词": "闪付；IC卡", "状态": "启用",
        "公开范围": "可公开",
        "创建时间": "2026年3月2日", "更新时间": "2026/11/2 13:45:00", "审核日期": 46342,
        "审核人": "张三", "复核周期": "7d",
        "生效": datetime(2026, 11, 1), "失效": date(2027, 1, 31), "权重": 30.0, "置顶": True, "相关知识": "up2、up3",
    }  # fmt: skip
    assert desk.table(tuple(cells), tuple(cells.values())).written
    article = only(desk)
    assert {script.channel: script.text for script in article.scripts} == {None: "通用", "电话": "口头", "微信": "打字"}
    assert article.body.startswith("引言\n## 标准话术\n通用\n")
    assert article.body.endswith("## 处理步骤\n1. 查单\n## 注意事项\n别急\n## 背景\n很久以前\n")
    assert (article.kind, article.channels, article.owner, article.contact) == (
        "guide",
        ("微信", "电话"),
        "卡部",
        "卡群",
    )
    assert (article.priority, article.tags, article.status, article.audience) == (
        "urgent", ("闪付", "IC卡"), "published", "public",
    )  # fmt: skip
    assert (article.created, article.updated, article.verified) == (
        date(2026, 3, 2), date(2026, 11, 2), date(2026, 11, 16),
    )  # fmt: skip
    assert (article.verified_by, str(article.review_every)) == ("张三", "7d")
    assert (article.valid_from, article.valid_to) == (date(2026, 11, 1), date(2027, 1, 31))
    assert (article.weight, article.pinned, article.related) == (30, True, ("up2", "up3"))


@pytest.mark.parametrize(
    ("period", "ends"),
    [
        ("2026-11-01 至 2026-12-31", (date(2026, 11, 1), date(2026, 12, 31))),
        ("2026/11/1~2026/12/31", (date(2026, 11, 1), date(2026, 12, 31))),
        ("2026年11月1日—2026年12月31日", (date(2026, 11, 1), date(2026, 12, 31))),
        ("2026-12-31", (None, date(2026, 12, 31))),
        ("永久有效", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_period_of_validity_has_two_ends(desk: BulkDesk, period: str, ends: Any) -> None:
    desk.table((*HEADINGS, "有效期"), (*ROW, period))
    assert (only(desk).valid_from, only(desk).valid_to) == ends


def test_answers_kept_as_html_become_text(desk: BulkDesk) -> None:
    desk.table(HEADINGS, (*ROW[:4], "<p>您好&nbsp;A&amp;B</p><ul><li>第一</li><li>第二</li></ul>"))
    assert only(desk).script_for() == "您好 A&B\n· 第一\n· 第二"


@pytest.mark.parametrize(
    ("heading", "text", "says"),
    [
        ("状态", "随便", "status 不能是“随便”"),
        ("更新日期", "昨天", "updated 不能是“昨天”"),
        ("更新日期", "2026-02-30", "不存在"),
        ("渠道", "传真", "channels 不能是“传真”"),
        ("权重", "很重", "weight 不能是“很重”"),
        ("置顶", "也许", "pinned 不能是“也许”"),
    ],
)
def test_a_cell_that_makes_no_sense_is_an_error_of_its_row(desk: BulkDesk, heading: str, text: str, says: str) -> None:
    assert says in reason(desk.table((*HEADINGS, heading), ROW, ("b", *ROW[1:], text)))


# --- which article a row is about


def test_without_id_a_row_is_found_by_title_and_category(desk: BulkDesk) -> None:
    rows = [("标准问", "分类", "答案"), ("怎么退款", "商城/退款", "甲"), ("怎么退款", "钱包/退款", "乙")]
    assert desk.table(*rows).counts["新增"] == 2
    assert sorted(desk.articles()) == ["zen-me-tui-kuan", "zen-me-tui-kuan-2"]
    assert desk.table(*rows).counts["不变"] == 2
    report = desk.table(("标准问", "答案"), ("怎么退款", "丙"))
    assert "有 2 条" in reason(report)
    desk.table(("标准问", "分类", "答案"), ("怎么退款", "钱包/退款", "丙"))
    assert {article.script_for() for article in desk.articles().values()} == {"甲", "丙"}


def test_two_rows_with_one_title_in_one_place_are_an_error(desk: BulkDesk) -> None:
    report = desk.table(("标准问", "分类", "答案"), ("怎么退款", "商城/退款", "甲"), ("怎么退款", "商城/退款", "乙"))
    assert "与第 2 行是同一条" in reason(report)


def test_an_id_that_is_there_needs_no_category(desk: BulkDesk) -> None:
    desk.table(HEADINGS, ROW)
    assert desk.table(("编号", "答案"), ("up1", "新答案")).rows[0].reason == "改了标准话术"
    assert only(desk).script_for() == "新答案"
    assert only(desk).updated == TODAY


def test_a_slash_in_a_title_is_written_with_a_backslash(desk: BulkDesk) -> None:
    desk.table(HEADINGS, (*ROW[:3], r"退款\/换货/到账", "好"))
    assert (only(desk).product.title, only(desk).scenario.title) == ("退款/换货", "到账")


def test_wrong_rows_are_left_out_on_request(desk: BulkDesk) -> None:
    report = desk.table(HEADINGS, ("坏", *ROW[1:3], "新/类", "x"), ROW, skip_errors=True)
    assert report.written
    assert report.counts == {"新增": 1, "更新": 0, "不变": 0, "错误": 1}
    assert [path.name for path in desk.root.iterdir() if path.is_dir()] == ["ji-ben-ye-wu"]


# --- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding_and_with_every_delimiter(desk: BulkDesk, encoding: str, delimiter: str) -> None:
    cells = [(cell if "\n" not in cell else f'"{cell}"') for cell in ROW]
    assert desk.take(desk.csv(delimiter.join(HEADINGS), delimiter.join(cells), encoding=encoding)).written
    assert only(desk).questions == ("闪付怎么用", "什么叫闪付")


def test_lines_are_counted_as_they_stand_in_the_file(desk: BulkDesk) -> None:
    path = desk.csv("标准问,答案", '甲甲,"一\n二"', "", "乙乙,三")
    rows = list(read_csv(path, Columns(CHANNELS)).rows)
    assert [(row.line, row.cells["body"]) for row in rows if isinstance(row, Row)] == [(2, "一\n二"), (5, "三")]


@pytest.mark.parametrize("line", ["a,b,c", "up2,标题标题,问,类/别,答,案", 'up2,标题标题,问,类/别,答案,"多"'])
def test_a_ragged_row_is_an_error(desk: BulkDesk, line: str) -> None:
    assert "表头有 5 格" in reason(desk.take(desk.csv(",".join(HEADINGS), line)))


def test_empty_cells_beyond_the_headings_do_no_harm(desk: BulkDesk) -> None:
    assert desk.take(desk.csv(",".join(HEADINGS), "up1,什么是闪付,,甲/乙,好,,,")).written


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("标准问,答案\n退款,好\n".encode()[:-4] + b"\xff\xfe\n", "第 2 行有无法识别"),
        ("标准问,答案\n".encode("gb18030") + b"\xff\xff\n", "无法识别"),
        ('标准问,答案\n"没有结尾的引号,好\n'.encode() + b"x," * (9 << 20), "引号没有成对"),
        (b"", "空文件"),
        (b"\n\n", "没有找到表头"),
        ("標準問,答案\n退款,好\n".encode("big5"), "没有找到表头"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_why(desk: BulkDesk, data: bytes, says: str) -> None:
    with pytest.raises(BulkImportError, match=says):
        desk.take(write(desk.base, "bad.csv", data))
    assert not desk.tree()


def test_a_huge_cell_is_an_error_of_its_row(desk: BulkDesk) -> None:
    assert "1 MiB" in reason(desk.take(desk.csv(",".join(HEADINGS), f"up1,什么是闪付,,甲/乙,{'长' * 1_700_000}")))


# --- XLSX


def test_merged_cells_count_for_every_row_they_cover(desk: BulkDesk) -> None:
    rows = [
        ("编号", "分类", "标准问", "答案"),
        ("a", "甲/乙", "问题一", "一"),
        ("b", None, "问题二", "二"),
        ("c", "甲/丙", "问题三", "三"),
    ]
    desk.take(desk.workbook(*rows, change=lambda sheet: sheet.merge_cells("B2:B3")))
    assert [article.scenario.title for _, article in sorted(desk.articles().items())] == ["乙", "乙", "丙"]


@pytest.mark.parametrize(("value", "says"), [("=A1&B1", "是公式"), ("#N/A", "错误值 #N/A")])
def test_formulas_and_errors_are_named(desk: BulkDesk, value: str, says: str) -> None:
    report = desk.table(HEADINGS, (*ROW[:4], value))
    assert "“标准话术”" in reason(report)
    assert says in reason(report)


def test_a_formula_in_a_column_without_meaning_does_no_harm(desk: BulkDesk) -> None:
    assert desk.table((*HEADINGS, "备用"), (*ROW, "=1+1")).written


def test_the_first_sheet_with_headings_is_taken(desk: BulkDesk) -> None:
    def add_cover(sheet: Any) -> None:
        sheet.parent.create_sheet("封面", 0).append(["说明"])

    desk.take(desk.workbook(HEADINGS, ROW, change=add_cover))
    assert only(desk).id == "up1"


def test_a_sheet_that_claims_to_be_huge_is_read_to_its_end(desk: BulkDesk) -> None:
    path = desk.workbook(HEADINGS, ROW)
    rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:E2"', b'ref="A1:XFD1048576"'))
    assert len(desk.take(path).rows) == 1


def test_extensions_that_the_library_does_not_know_do_no_harm(desk: BulkDesk) -> None:
    path = desk.workbook(HEADINGS, ROW)
    extension = b'<extLst><ext uri="{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
    rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</worksheet>", extension))
    assert desk.take(path).written


def rewrite(path: Path, name: str, change: Any) -> None:
    """Change one part of a zip file."""
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def bomb(path: Path) -> None:
    rewrite(path, "docProps/app.xml", lambda xml: b" " * (64 << 20))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def garble(path: Path) -> None:
    rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])


def without_workbook(path: Path) -> None:
    rewrite(path, "[Content_Types].xml", lambda xml: b"<Types/>")


def old_excel(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def no_zip(path: Path) -> None:
    path.write_bytes(b"no workbook")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (bomb, "MiB"),
        (cut, "损坏"),
        (garble, "损坏"),
        (without_workbook, "损坏"),
        (old_excel, r"旧版 \.xls"),
        (no_zip, "损坏"),
    ],
)
def test_a_workbook_that_cannot_be_read_says_why(desk: BulkDesk, spoil: Any, says: str) -> None:
    path = desk.workbook(HEADINGS, *[(f"a{n}", *ROW[1:]) for n in range(50)])
    spoil(path)
    with pytest.raises(BulkImportError, match=says):
        desk.take(path)
    assert not desk.tree()


# --- other systems


PHPMYFAQ = """<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<!-- XML output by phpMyFAQ 3.1 | Date: 2026-11-22 10:00 -->
<phpmyfaq>
 <article id="7"><language>zh</language><category>支付 &gt;&gt; 退款</category><keywords>退款, 到账</keywords>
  <question>退款多久到账</question>
  <answer>&amp;lt;p&amp;gt;一般 &amp;lt;b&amp;gt;3 天&amp;lt;/b&amp;gt;。&amp;lt;/p&amp;gt;</answer>
  <author>admin</author><data>2026-10-01 09:30</data></article>
 <article id="7"><language>en</language><category>支付 &gt;&gt; 退款</category><keywords/>
  <question>How long does a refund take</question>
  <answer>3 days.</answer><author/><data>2026-10-01 09:30</data></article>
</phpmyfaq>
"""


def test_the_xml_of_phpmyfaq(desk: BulkDesk) -> None:
    assert desk.take(write(desk.base, "faq.xml", PHPMYFAQ)).counts["新增"] == 2
    article = desk.articles()["pmf-7-zh"]
    assert (article.title, article.script_for(), article.tags) == ("退款多久到账", "一般 3 天 。", ("退款", "到账"))
    assert (article.product.title, article.scenario.title, article.updated) == ("支付", "退款", date(2026, 10, 1))


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        (PHPMYFAQ.replace("</phpmyfaq>", ""), "不是完整的 XML"),
        ("<faq><article/></faq>", "不是 phpMyFAQ"),
        (PHPMYFAQ.replace("<phpmyfaq>", '<!DOCTYPE a [<!ENTITY b "c">]><phpmyfaq>', 1), "DOCTYPE"),
    ],
)
def test_other_xml_is_refused(desk: BulkDesk, xml: str, says: str) -> None:
    with pytest.raises(BulkImportError, match=says):
        desk.take(write(desk.base, "faq.xml", xml))


def test_a_folder_of_plain_markdown(desk: BulkDesk) -> None:
    folder = desk.base / "docs"
    write(folder, "门锁/安装/装门锁.md", "# 门锁怎么装 #\n先看孔位。\n## 步骤\n1. 打孔\n")
    write(folder, "门锁/安装/换电池.md", "打开后盖。\n")
    write(folder, "门锁/.git/x.md", "# 不是词条\n")
    assert desk.take(folder).counts["新增"] == 2
    first, second = sorted(desk.articles().values(), key=lambda article: article.title)
    assert (first.title, first.body) == ("换电池", "打开后盖。\n")
    assert (second.title, second.body) == ("门锁怎么装", "先看孔位。\n## 步骤\n1. 打孔\n")
    assert (second.product.title, second.scenario.title) == ("门锁", "安装")
    assert desk.take(folder).counts["不变"] == 2


@pytest.mark.parametrize(
    ("content", "says"), [("---\ntitle: 甲\n---\n文", "已有文件头"), ("退款".encode("gb18030"), "另存为 UTF-8")]
)
def test_a_markdown_file_that_is_not_plain_is_an_error(desk: BulkDesk, content: Any, says: str) -> None:
    write(desk.base / "docs", "甲/乙/丙.md", content)
    assert says in reason(desk.take(desk.base / "docs"))


@pytest.mark.parametrize(
    ("name", "says"), [("a.docx", "不认识"), ("empty", "没有 Markdown"), ("missing.csv", "读不了")]
)
def test_what_is_no_table_is_refused(desk: BulkDesk, name: str, says: str) -> None:
    (desk.base / "empty").mkdir()
    write(desk.base, "a.docx", "x")
    with pytest.raises(BulkImportError, match=says):
        desk.take(desk.base / name)


# --- template


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_has_headings_that_are_understood(desk: BulkDesk, form: str) -> None:
    target = desk.base / f"template.{form}"
    write_template(target, form, CHANNELS)
    report = desk.take(target)
    assert (report.rows, report.unused) == ((), ())
    filled = target.read_bytes()
    with pytest.raises(FileExistsError):
        write_template(target, form, CHANNELS)
    assert target.read_bytes() == filled


def test_a_row_number_beyond_every_sheet_is_refused_before_it_is_counted_up_to(desk: BulkDesk) -> None:
    book = desk.workbook(["标准问", "分类"], ["犀牛怎么退", "动物园"], ["犀牛怎么换", "动物园"])
    claimed = desk.base / "claimed.xlsx"
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(claimed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'<row r="3"', b'<row r="2000000000"'))
    with pytest.raises(BulkImportError, match="空行"):
        desk.take(claimed)
