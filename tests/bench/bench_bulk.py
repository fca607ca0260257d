"""Import and export of 50,000 made-up articles by real ``kb`` processes: seconds and peak resident memory."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

_ROWS = 50_000
_WORDS = (
    "退款",
    "到账",
    "快递",
    "会员",
    "优惠券",
    "订单",
    "发票",
    "支付",
    "钱包",
    "密码",
    "门锁",
    "客服",
    "审核",
    "地址",
)
_HEADINGS = ("编号", "标准问", "相似问", "分类", "标准话术", "处理步骤", "渠道", "业务部门")


def main() -> None:
    """Print a Markdown table."""
    print(f"\n{_ROWS} articles\n\n| command | seconds | peak MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="kb-bench-bulk-") as folder:
        base = Path(folder)
        _write_rows(base / "rows.csv")
        _measure(base, "import", "rows.csv")
        for form in ("csv", "xlsx", "jsonl", "html"):
            _measure(base, "export", "--format", form, "-o", f"all.{form}")
        for form in ("csv", "xlsx", "jsonl"):
            _measure(base, "import", f"all.{form}")
        _measure(base, "import", "--undo", "LAST")
        _measure(base, "import", "all.xlsx")


def _write_rows(path: Path) -> None:
    chance = random.Random(1)  # the same rows every time

    def text(words: int) -> str:
        return "".join(chance.choices(_WORDS, k=words))

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for number in range(_ROWS):
            questions = "\n".join(text(4) for _ in range(4))
            steps = "\n".join(f"{step}. {text(20)}" for step in range(1, 6))
            category = f"产品{number % 20}/场景{number % 400}"
            writer.writerow(
                [
                    f"b-{number}",
                    f"{text(5)}{number}怎么办",
                    questions,
                    category,
                    text(100),
                    steps,
                    "微信、电话",
                    "售后部",
                ]
            )


def _measure(base: Path, *arguments: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "kb", "--articles", "articles", "--data", "data", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    started = perf_counter()
    process = subprocess.Popen(command, cwd=base, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    print(f"| `kb {' '.join(arguments)}` | {perf_counter() - started:.0f} | {usage.ru_maxrss / 1024:.0f} |", flush=True)


if __name__ == "__main__":
    main()
