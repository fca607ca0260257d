"""Which reader a file is for."""

from __future__ import annotations

from pathlib import Path

from kb.bulk.columns import Columns
from kb.bulk.csv_files import read_csv
from kb.bulk.jsonl_files import read_jsonl
from kb.bulk.markdown_folder import read_markdown_folder
from kb.bulk.phpmyfaq import read_phpmyfaq
from kb.bulk.rows import Source
from kb.errors import BulkImportError


def _read_xlsx(path: Path, columns: Columns) -> Source:
    from kb.bulk.xlsx_files import read_xlsx  # openpyxl takes a tenth of a second and 6 MB, which few need

    return read_xlsx(path, columns)


_READERS = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}


def open_source(path: Path, columns: Columns) -> Source:
    """The rows of a file or folder, by its suffix. Raises BulkImportError when it can't be read."""
    suffix = path.suffix.lower()
    try:
        if path.is_dir():
            return _not_empty(path, read_markdown_folder(path))
        if path.stat().st_size == 0:
            raise BulkImportError(f"{path} 是空文件，没有导入；请检查是否保存成功。")
        if suffix == ".xml":
            return read_phpmyfaq(path)
        if suffix in _READERS:
            return _READERS[suffix](path, columns)
    except OSError as error:
        raise BulkImportError(f"读不了 {path}（{error.strerror}），没有导入；请检查路径和权限。") from None
    raise BulkImportError(
        f"不认识 {path.name} 的格式，没有导入；可以导入 .xlsx、.csv、.jsonl、phpMyFAQ 的 .xml 和 Markdown 文件夹。"
    )


def _not_empty(path: Path, source: Source) -> Source:
    if not source.total:
        raise BulkImportError(f"{path} 里没有 Markdown 文件，没有导入。")
    return source
