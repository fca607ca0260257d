"""Collecting what is wrong with one file, so that a single pass can report all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kb.model import Problem

#: Line ends, control characters and lone surrogates: nothing a one-line text may hold.
NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(slots=True)
class Findings:
    """The problems of the file ``path``, in the order they were found. Lines count from 1."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, message: str) -> None:
        """Add what keeps the file from being served."""
        self._add(line, message, "error")

    def warn(self, line: int, message: str) -> None:
        """Add what should be mended but keeps nothing from working."""
        self._add(line, message, "warning")

    @property
    def has_errors(self) -> bool:
        """Whether anything found is an error."""
        return any(problem.severity == "error" for problem in self.problems)

    def _add(self, line: int, message: str, severity: str) -> None:
        # Messages quote what people wrote; whatever that is, a problem stays one printable line.
        self.problems.append(Problem(self.path, line, NOT_ONE_LINE.sub("�", message), severity))


def quoted(text: str) -> str:
    """A value as a message shows it: in quotation marks, long ones cut."""
    return f"“{text if len(text) <= 40 else text[:40] + '…'}”"
