"""What is particular to the engine on tantivy; what every engine must do is in ``tests/conformance``."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.engines import manifest
from kb.engines.tantivy_engine import TantivyEngine
from kb.engines.tantivy_index import TantivyIndex
from kb.engines.whoosh_engine import WhooshEngine
from kb.errors import IndexMissing
from kb.ports.engine import IndexDocument, Reading, SearchEngine
from tests.conformance.test_search_engine import document, ids, query, wait_until

#: few characters, so that words coincide; runs of letters and digits too
_TEXT = st.text(st.sampled_from("退款货发票登录网未收到 5g wifi 24，"), max_size=20)
_DOCUMENTS = st.lists(st.tuples(_TEXT, _TEXT, _TEXT, st.sampled_from(["mall", "device"])), max_size=12)


def corpus(rows: list[tuple[str, str, str, str]]) -> list[IndexDocument]:
    return [
        document(f"d{number:02}", title, question, body=body, product=product)
        for number, (title, question, body, product) in enumerate(rows)
    ]


def answer(engine: SearchEngine, asked: object) -> tuple[object, ...]:
    found = engine.search(asked)  # type: ignore[arg-type]
    scores = {hit.id: hit.score for hit in found.hits}
    return scores, found.total, {name: list(counts) for name, counts in found.facets.items()}


@given(
    rows=_DOCUMENTS, text=_TEXT, other=_TEXT, floor=st.sampled_from([0.0, 0.15, 0.9]), filtered=st.booleans(),
    excluded=_TEXT, also=st.booleans(), removed=st.integers(0, 3),
)  # fmt: skip
@settings(max_examples=20)
def test_both_engines_answer_alike(
    rows: list[tuple[str, str, str, str]],
    text: str,
    other: str,
    floor: float,
    filtered: bool,
    excluded: str,
    also: bool,
    removed: int,
) -> None:
    asked = query(
        text,
        readings=(Reading(query(other).terms, 0.9),) if text.strip() and other.strip() else (),
        filters={"product": ("mall",)} if filtered else {},
        excluded=(excluded.strip(),) if excluded.strip() else (),
        also=("d01", "nowhere") if also else (),
        floor=floor,
        facets=("product", "channel"),
        limit=5,
    )
    answers = []
    for engine_class in (WhooshEngine, TantivyEngine):
        with tempfile.TemporaryDirectory() as folder:
            engine = engine_class(Path(folder))
            engine.rebuild(corpus(rows), "fp")
            with engine.batch() as batch:
                for number in range(removed):
                    batch.delete(f"d{number:02}")
            answers.append(answer(engine, asked))
            engine.close()
    (scores, *rest), (other_scores, *other_rest) = answers
    assert rest == other_rest
    assert other_scores == pytest.approx(scores, rel=1e-5)


def test_many_small_commits_leave_few_files(tmp_path: Path) -> None:
    engine = TantivyEngine(tmp_path)
    engine.rebuild([document("a", "退款")], "fp")
    most = 0
    for number in range(40):
        with engine.batch() as batch:
            batch.put(document(f"n{number % 10}", f"发票 {number}"))
        most = max(most, sum(1 for _ in tmp_path.rglob("*")))
    assert engine.doc_count() == 11
    assert most < 90


def test_a_killed_commit_leaves_an_index_that_can_be_read_and_written(tmp_path: Path) -> None:
    engine = TantivyEngine(tmp_path)
    engine.rebuild([document("a", "退款")], "fp")
    for place in ("kb.engines.manifest.finish", "kb.engines.tantivy_index._fill"):
        process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(tmp_path, place))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert ids(TantivyEngine(tmp_path), "退款")[:1] == ["a"]
    with engine.batch() as batch:
        batch.put(document("b", "发票"))
    assert ids(TantivyEngine(tmp_path), "发票")[:1] == ["b"]
    assert TantivyEngine(tmp_path).revisions().keys() <= {"a", "b", "killed"}


def write_and_die(root: Path, place: str) -> None:
    """Run in a child process: get killed before a commit is written down, or in the middle of it."""
    module, name = place.rsplit(".", 1)
    setattr(__import__(module, fromlist=[name]), name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with TantivyEngine(root).batch() as batch:
        batch.put(document("killed", "饕餮"))


def test_another_process_is_seen_within_two_seconds(tmp_path: Path) -> None:
    engine, reader = TantivyEngine(tmp_path), TantivyEngine(tmp_path)
    engine.rebuild([document("a", "退款")], "fp")
    assert ids(reader, "退款") == ["a"]
    with engine.batch() as batch:
        batch.put(document("b", "退款"))
    wait_until(lambda: ids(reader, "退款") == ["a", "b"], seconds=2)


def test_engines_take_turns_in_one_folder(tmp_path: Path) -> None:
    WhooshEngine(tmp_path).rebuild([document("a", "退款")], "whoosh")
    engine = TantivyEngine(tmp_path)
    with pytest.raises(IndexMissing, match="whoosh"):
        engine.search(query("退款"))
    engine.rebuild([document("b", "退款")], "tantivy")
    assert ids(engine, "退款") == ["b"]
    with pytest.raises(IndexMissing, match="没有可以退回"):
        engine.rollback()
    WhooshEngine(tmp_path).rebuild([document("c", "退款")], "whoosh")
    assert ids(WhooshEngine(tmp_path), "退款") == ["c"]
    assert ids(engine, "退款") == ["b"], "what is open goes on"
    assert len(list(tmp_path.glob("0*"))) == 2


def test_a_number_is_never_given_again_however_often_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers know by it what a document is called."""
    folder = tmp_path / "index"
    folder.mkdir()
    TantivyIndex.create(folder, [document("a", "退款")])
    seen = TantivyIndex(folder)
    with killed_after_its_commit(monkeypatch):
        TantivyIndex.change(folder, [document("b", "换货")], ())
    assert names(seen) == ["a", "b"]
    with killed_after_its_commit(monkeypatch):
        TantivyIndex.change(folder, (), ["b"])
    TantivyIndex.change(folder, [document("c", "发票")], ())
    assert names(seen) == ["a", "c"]


@contextmanager
def killed_after_its_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin = manifest.begin

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def begin_then_die(folder: Path) -> None:
        begin(folder)
        patched.setattr(manifest, "finish", killed)

    with monkeypatch.context() as patched:
        patched.setattr(manifest, "begin", begin_then_die)
        with pytest.raises(KeyboardInterrupt):
            yield


def names(index: TantivyIndex) -> list[str]:
    reader, _ = index.reader()
    return [reader.identity(int(number))[0] for number in reader.live_numbers()]
