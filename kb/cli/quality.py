"""Commands that measure: eval, on one or more qrels sets, or on two of its rankings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kb.cli import quality_tables
from kb.cli.context import PATH, Context, json_option, output, pass_context, print_json, remarks, shown, track


@click.command("eval")
@click.argument("folders", nargs=-1, required=True, type=PATH)
@click.option("--engine", type=click.Choice(["auto", "whoosh", "tantivy"]), help="Index engine to measure.")
@click.option("--semantic", type=click.Choice(["on", "off"]), default="off", help="With or without dense retrieval.")
@click.option("--keystrokes", is_flag=True, help="Also how much must be typed until suggestions show the answer.")
@click.option("--run", type=PATH, help="Write the ranking: qid, id, rank by tabs; several sets: one file each, here.")
@click.option("--compare", type=PATH, nargs=2, help="Compare two rankings that --run wrote; nothing is searched.")
@json_option
@pass_context
def evaluate_command(
    context: Context,
    folders: tuple[Path, ...],
    engine: str | None,
    semantic: str,
    keystrokes: bool,
    run: Path | None,
    compare: tuple[Path, Path] | None,
    as_json: bool,
) -> None:
    """Measure retrieval on FOLDERS: sets of corpus.jsonl, queries.tsv, qrels.tsv, or folders of sets."""
    from kb.evaluation.sets import find_sets, is_set

    if compare and (run or keystrokes):
        raise click.UsageError("--compare 只比较两份已有的排名，不能和 --run、--keystrokes 一起用。")
    sets = find_sets(folders)
    single = len(folders) == 1 and is_set(folders[0])
    if compare:
        _compare(sets, single, compare, as_json)
        return
    documents = {}
    for name, folder in sets.items():
        run_file = _run_file(run, name, single) if run else None
        documents[name] = _evaluate(context, folder, engine, semantic == "on", keystrokes, run_file)
    if run:
        remarks.print(f"排名已写入 {shown(str(run))}")
    _print(documents, single, as_json)


def _evaluate(
    context: Context, folder: Path, engine: str | None, semantic: bool, keystrokes: bool, run_file: Path | None
) -> dict[str, Any]:
    from kb.evaluation import asking
    from kb.evaluation import keystrokes as typing
    from kb.evaluation.runs import write_run
    from kb.evaluation.sets import load_qrels_set
    from kb.wiring.search import choose_engine
    from kb.wiring.trials import evaluation_search

    data = load_qrels_set(folder)
    settings = replace(context.settings, engine=engine or context.settings.engine)
    with evaluation_search(data.articles, settings, semantic, track) as opened:
        result = asking.evaluate(data, opened.found, track)
        document = asking.as_json(result, choose_engine(settings).name, "on" if semantic else "off")
        if keystrokes:
            document["keystrokes"] = typing.as_json(typing.type_all(data, opened.suggest, track))
    if run_file:
        write_run(run_file, result.run)
    return document


def _print(documents: dict[str, dict[str, Any]], single: bool, as_json: bool) -> None:
    average = None if single else _average(documents)
    if not as_json:
        quality_tables.print_scores(documents, average)
    elif single:
        print_json(*documents.values())
    else:
        print_json({"sets": documents, "average": average})


def _average(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    from kb.evaluation import asking
    from kb.evaluation import keystrokes as typing

    average = asking.average(documents.values())
    typed = [document["keystrokes"] for document in documents.values() if "keystrokes" in document]
    return {**average, "keystrokes": typing.average(typed)} if typed else average


def _compare(sets: dict[str, Path], single: bool, runs: tuple[Path, Path], as_json: bool) -> None:
    from kb.evaluation import comparing
    from kb.evaluation.runs import read_run
    from kb.evaluation.sets import load_relevant, load_texts_if_any

    documents, pairs = {}, []
    for name, folder in sets.items():
        texts, relevant = load_texts_if_any(folder), load_relevant(folder)
        before, after = (read_run(_run_file(run, name, single), {*texts, *relevant}) for run in runs)
        pairs.append(comparing.pair(before, after, relevant))
        documents[name] = comparing.as_json(pairs[-1], texts)
    average = None if single else comparing.measures_as_json(pairs)
    if not as_json:
        for name, document in documents.items():
            quality_tables.print_comparison(name, document)
        if average:
            output.print(quality_tables.measures_table("各集平均", average))
    elif single:
        print_json(*documents.values())
    else:
        print_json({"sets": documents, "average": average})


def _run_file(run: Path, name: str, single: bool) -> Path:
    """The run of the set ``name``: ``run`` itself for a single set, else a file in the folder ``run``."""
    return run if single else run / f"{name}.tsv"


COMMANDS = (evaluate_command,)
