"""Commands that measure: eval."""

from __future__ import annotations

from pathlib import Path

import click

from kb.cli.context import PATH, Context, json_option, output, pass_context, print_json, remarks, track


@click.command("eval")
@click.argument("folder", type=PATH)
@click.option("--engine", type=click.Choice(["auto", "whoosh"]), default="auto", help="Index engine to measure.")
@click.option("--semantic", type=click.Choice(["off"]), default="off", help="This version has no semantic retrieval.")
@click.option("--run", "run_path", type=PATH, help="Write the ranking: qid, id, rank by tabs.")
@json_option
@pass_context
def evaluate_command(
    context: Context, folder: Path, engine: str, semantic: str, run_path: Path | None, as_json: bool
) -> None:
    """Measure retrieval on FOLDER: corpus.jsonl, queries.tsv, qrels.tsv. Nothing of it is kept."""
    from kb.usecases import evaluation
    from kb.wiring import evaluation_search

    data = evaluation.load_qrels_set(folder)
    with evaluation_search(data.articles, context.settings) as search:
        result = evaluation.evaluate(data, search, track)
    if run_path is not None:
        run_path.write_text(evaluation.run_file(result), encoding="utf-8")
        remarks.print(f"排名已写入 {run_path}")
    document = evaluation.as_json(result, "whoosh" if engine == "auto" else engine, semantic)
    if as_json:
        print_json(document)
    else:
        for name, value in document.items():
            output.print(f"{name}: {value}")


COMMANDS = (evaluate_command,)
