"""What is stored with a document comes back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.engines.whoosh_index import WhooshIndex


@pytest.mark.parametrize("text", ["未收到货退款", "🎉 “引号” \\ \n\0", "半个字符 \ud800"])
def test_stored_texts_come_back(tmp_path: Path, text: str) -> None:
    index = WhooshIndex.create(tmp_path)
    stored = {"title": [text, None, [0, 1]]}
    index.write([{"tokens": {"head": {"退": 1}}, "identity": ("a", "r1"), "stored": stored}])
    reader, _ = index.reader()
    assert reader.stored(0) == stored
    assert reader.identity(0) == ("a", "r1")
