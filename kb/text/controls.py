"""Control characters: a terminal or a spreadsheet would act upon them instead of showing them."""

from __future__ import annotations

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def without_controls(text: str) -> str:
    """``text`` without the C0 and C1 control characters but tab and line feed."""
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """``text`` without control characters, line ends and runs of spaces: also those line ends that only Unicode has."""
    return " ".join(without_controls(text).split())
