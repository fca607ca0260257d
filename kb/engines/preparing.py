"""What an engine indexes and stores of a document: the expensive part of building."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kb.ports.engine import SCORED_FIELDS, IndexDocument
from kb.text.analyzer import AnalyzedText


def prepare(document: IndexDocument) -> dict[str, Any]:
    """``tokens``: {field: {token: frequency}}; ``identity``: (id, revision); ``stored``: the texts as JSON values."""
    texts = document.analyzed()
    tokens: dict[str, Mapping[str, int]] = {
        name: Counter(token for part in parts for token in texts[part].tokens) for name, parts in SCORED_FIELDS.items()
    }
    tokens.update({name: dict.fromkeys(values, 1) for name, values in document.keywords.items()})
    tokens["id"] = {document.id: 1}
    stored = {
        name: (text.text, None if text.folded == text.text else text.folded, text.offsets)
        for name, text in texts.items()
    }
    return {"tokens": tokens, "identity": (document.id, document.revision), "stored": stored}


def texts_of(stored: Mapping[str, Any]) -> dict[str, AnalyzedText]:
    """The texts of a document from what was ``stored``, without tokens."""
    return {
        name: AnalyzedText(text, text if folded is None else folded, offsets, [])
        for name, (text, folded, offsets) in stored.items()
    }
