"""``kb gaps``: what is missing most, as agents reported and searched it."""

from __future__ import annotations

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, remarks, shown, table


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also what was dealt with or was searched only once.")
@json_option
@pass_context
def gaps(context: Context, everything: bool, as_json: bool) -> None:
    """The knowledge gaps: near-same wordings counted together, those met most often first."""
    from kb.contracts import editing as contracts

    found = [gap for gap in context.desk.gaps.list() if everything or gap.is_open]
    if as_json:
        print_json(contracts.gaps_document(found))
        return
    title = f"知识缺口（{len(found)} 个）"
    rows = table(title, "问法", "报告", "搜索", "最近一次", "说明", "产品", "渠道", whole=("报告", "搜索", "最近一次"))
    for gap in found:
        others = f"（另有 {len(gap.wordings) - 1} 种问法）" if len(gap.wordings) > 1 else ""
        rows.add_row(
            shown(gap.title + others),
            str(gap.reports),
            str(gap.searches),
            f"{gap.last.astimezone():%Y-%m-%d %H:%M}",
            *(shown("；".join(gap.common(name))) for name in ("note", "product", "channel")),
        )
    output.print(rows)
    if found:
        remarks.print("处理缺口：在网页“知识缺口”里写知识、指定已有答案或忽略。")


COMMANDS = (gaps,)
