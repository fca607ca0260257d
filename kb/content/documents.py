"""The first step with every file: from its bytes to text and front matter, problems collected on the way."""

from __future__ import annotations

import hashlib

from kb.content.files import decode, too_large
from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, read_front_matter


def open_document(path: str, data: bytes) -> tuple[str, FrontMatter | None, Findings]:
    """(source, front matter, findings) of a file; source is ``""`` for bytes that can't be read. Never raises."""
    findings = Findings(path)
    excess = too_large(len(data))
    if excess:
        findings.error(1, excess)
        return "", None, findings
    source = decode(data, findings)
    if source is None:
        return "", None, findings
    return source, read_front_matter(source, findings), findings


def revision_of(data: bytes) -> str:
    """The name of a file's content: SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
