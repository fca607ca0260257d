"""Bytes of files under the articles folder: read with limits, decoded with advice."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from kb.content.findings import Findings
from kb.errors import ArticleError

#: of an article file
MAX_BYTES = 1024 * 1024


def read_file(root: Path, path: str) -> bytes:
    """The bytes of ``root/path``; ArticleError says why a file can't or must not be read."""
    full = os.path.join(root, path)  # as text: paths take longer to make than files to read
    try:
        if os.path.islink(full) and not is_inside(root, Path(full)):
            raise ArticleError("链接指向知识目录以外，没有读取；请把文件本身放进来。")
        with open(full, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            excess = too_large(size)
            if excess:
                raise ArticleError(excess)
            return file.read(size)  # no more: Python gets memory for all that is asked for
    except OSError as error:
        raise ArticleError(reason(error)) from error


def too_large(size: int) -> str | None:
    """What to say of a file of ``size`` bytes; None when that is not too many."""
    if size <= MAX_BYTES:
        return None
    return f"文件有 {size / MAX_BYTES:.1f} MiB，超过 1 MiB，没有读取；请拆成几条，图片另存。"


def is_inside(root: Path, full: Path) -> bool:
    """Whether a path, links followed, lies below ``root``."""
    return full.resolve().is_relative_to(root.resolve())


def reason(error: OSError) -> str:
    """Why the operating system refused, and what to do about it."""
    if isinstance(error, PermissionError):
        return "没有读取权限，请检查文件和文件夹的权限。"
    if isinstance(error, FileNotFoundError):
        return "不存在，可能刚被移走，或链接指向的目标已删除；请检查路径。"
    if isinstance(error, IsADirectoryError):
        return "这是文件夹而不是文件，请改名或移走。"
    return f"读不了（{error.strerror or error}），请检查磁盘和文件。"


def decode(data: bytes, findings: Findings) -> str | None:
    """The text of a file, byte order mark and line ends untouched; None after saying what to save it as."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        findings.error(1, "文件是 UTF-16 编码，请另存为 UTF-8。")
        return None
    nul = data.find(b"\0")
    if nul >= 0:
        findings.error(_line(data, nul), "文件里有二进制内容，不是文本文件，请检查是否放错了文件。")
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = _line(data, error.start)
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        findings.error(line, "文件不是 UTF-8 编码，这一行有无法识别的字节，请另存为 UTF-8。")
    else:
        findings.error(line, "文件是 GB18030/GBK 编码，请另存为 UTF-8。")
    return None


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
