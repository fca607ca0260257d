"""Commands about the articles themselves: index, lint, analyze."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from kb import contracts
from kb.cli.context import (
    PATH,
    Context,
    json_option,
    output,
    pass_context,
    print_json,
    remarks,
    shown,
    table,
    track,
    utf8,
)
from kb.text.controls import without_controls


@click.command()
@click.option("--rebuild", is_flag=True, help="Index everything anew into a new generation.")
@json_option
@pass_context
def index(context: Context, rebuild: bool, as_json: bool) -> None:
    """Bring the index up to date with the article files."""
    report = context.service.index(rebuild=rebuild, progress=track)
    if report.added or report.changed or report.removed:
        context.service.rank_faq()
    context.service.examine(track)
    if as_json:
        summary = {name: value for name, value in asdict(report).items() if name != "problems"}
        print_json({**summary, "problems": [contracts.problem_document(p) for p in report.problems]})
        return
    output.print(
        f"共 {report.articles} 条：新增 {report.added}，修改 {report.changed}，移除 {report.removed}，"
        f"有错误 {report.errors}；用时 {report.seconds:.2f} 秒"
    )
    if report.errors:
        remarks.print("有文件写法不对，没有收录其最新内容；执行 kb lint 查看位置和改法。")


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--strict", is_flag=True, help="Also what weakens quality; every finding counts as an error.")
@click.option("--retrieval", is_flag=True, help="Also whether articles are found by their own words; findings count.")
@json_option
@pass_context
def lint(context: Context, paths: tuple[Path, ...], strict: bool, retrieval: bool, as_json: bool) -> None:
    """Check the article files; prints path:line: message and exits with 1 if there is an error."""
    from kb.usecases.retrieval import KINDS_ASKED
    from kb.wiring.checks import check_retrieval
    from kb.wiring.checks import lint as check

    problems = check(context.settings, paths, strict)
    if retrieval:
        report = check_retrieval(context.settings, paths, track)
        problems = sorted([*problems, *report.problems])
        asked = "，".join(f"{name} {report.asked.get(kind, 0)}" for kind, name in KINDS_ASKED.items())
        remarks.print(f"自检索：{asked}，没有找到本条的 {len(report.problems)}。时效不计入排名。")
    if as_json:
        print_json([contracts.problem_document(problem) for problem in problems])
    else:
        for problem in problems:
            click.echo(without_controls(str(problem)))
    errors = sum(problem.severity == "error" for problem in problems)
    remarks.print(f"错误 {errors} 处，提醒 {len(problems) - errors} 处。")
    if errors or (problems and (strict or retrieval)):
        sys.exit(1)


@click.command()
@click.argument("text", callback=utf8)
@json_option
@pass_context
def analyze(context: Context, text: str, as_json: bool) -> None:
    """Show how a text is read: words with positions, and the tokens that are indexed."""
    from kb.rules.query import MAX_QUERY, parse_query
    from kb.text.analyzer import analyze as analyze_text
    from kb.wiring.search import build_vocabulary

    vocabulary = build_vocabulary(context.settings)
    words = list(vocabulary.tokenizer.words(text))
    analyzed = analyze_text(text)
    if as_json:
        print_json(
            {
                "text": text,
                "normalized": analyzed.folded,
                "words": [{**asdict(word), "stop": word.text in vocabulary.stop_words} for word in words],
                "tokens": analyzed.tokens,
            }
        )
        return
    rows = table("", "位置", "词", "原文", "起止", "停用词")
    for word in words:
        rows.add_row(
            str(word.position),
            shown(word.text),
            shown(text[word.start : word.end]),
            f"{word.start}–{word.end}",
            "是" if word.text in vocabulary.stop_words else "",
        )
    output.print(rows)
    output.print("索引词元：", shown(" ".join(analyzed.tokens)))
    if len(text) <= MAX_QUERY:
        terms = parse_query(text, vocabulary.tokenizer, vocabulary.stop_words).terms
        output.print("查询权重：", shown(" ".join(f"{term.text}^{term.weight:g}" for term in terms)))


@click.command()
@json_option
@pass_context
def embed(context: Context, as_json: bool) -> None:
    """Give vectors to the articles that have none, for search by meaning; go on where it was interrupted."""
    try:
        report = context.service.embed(track)
    except KeyboardInterrupt:
        remarks.print("已停下；做完的都留着，再执行 kb embed 会接着做。")
        raise
    if as_json:
        print_json(asdict(report))
        return
    output.print(
        f"共 {report.articles} 条知识、{report.texts} 条文本：新嵌入 {report.embedded}，已有 {report.cached}；"
        f"用时 {report.seconds:.2f} 秒"
    )


COMMANDS = (index, embed, lint, analyze)
