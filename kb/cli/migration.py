"""``kb migrate``: the index from this machine to a cluster and back; what answers is switched by settings, later."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, shown, track
from kb.config import SETTINGS, Settings
from kb.text.controls import without_controls

_CLUSTER = ("opensearch_url", "opensearch_user", "opensearch_ca", "opensearch_index", "opensearch_shards")
_SHOWN = 5


@click.command()
@click.option("--to", "where", type=click.Choice(["opensearch", "local"]), required=True, help="Where the index goes.")
@json_option
@pass_context
def migrate(context: Context, where: str, as_json: bool) -> None:
    """Build the index on a cluster or on this machine, and compare it with the other one; exits with 1 if they differ.

    Nothing is switched: servers go on with the index they have until their settings are changed.
    """
    from kb.wiring.migration import check_cluster, local_engine, migrate_to_cluster, migrate_to_local

    settings = context.settings
    if where == "opensearch":
        _remark(f"第 1 步，检查集群 {'、'.join(settings.opensearch_url)}：版本、磁盘、权限")
        _remark(f"  可以使用：{check_cluster(settings)}")
        _remark("第 2 步，在集群上建立索引；第 3 步，与本机的索引逐页比较")
        done = migrate_to_cluster(settings, track)
        put = {"KB_ENGINE": "opensearch", **_cluster_settings(settings)}
    else:
        _remark("第 1 步，在本机建立索引；第 2 步，与集群上的索引逐页比较")
        done = migrate_to_local(settings, track)
        put = {"KB_ENGINE": local_engine(settings)}
    found = done.comparison
    if as_json:
        comparison = asdict(found) if found else None
        articles = done.report.articles
        print_json({"engine": done.engine, "articles": articles, "comparison": comparison, "settings": put})
    else:
        output.print(_built(done.engine, done.report.articles, done.report.rebuilt is None))
    if found is None:
        _remark(f"没有比较：{done.why_not}", "yellow")
    elif found.behind:
        _remark(
            f"没有比较：两边有 {found.behind} 条不同，可能刚有人保存，或集群上的索引没有跟上。稍后再执行一次。", "red"
        )
    elif found.differing:
        _remark(f"有 {len(found.differing)} 个问题两边答得不同，请不要切换。例如：", "red")
        for text in found.differing[:_SHOWN]:
            _remark(f"  {text}")
    else:
        _remark(f"问了 {found.asked} 页，命中、排序、得分、总数和分面完全相同。")
    if found is not None and not found.equal:
        sys.exit(1)
    if not as_json:
        _say_how_to_switch(where, put)


def _remark(text: str, colour: str | None = None) -> None:
    """A line for people on standard error, not broken: names and addresses are copied from it."""
    click.secho(without_controls(text), fg=colour, err=True)


def _built(engine: str, articles: int, was_there: bool) -> str:
    how = "原来就有，已补齐" if was_there else "已建好"
    return f"引擎 {engine} 的索引{how}：{articles} 条。现在用哪个引擎回答，没有改变。"


def _cluster_settings(settings: Settings) -> dict[str, str]:
    """What is not as it would be by itself; no password."""
    found: dict[str, str] = {}
    for setting in SETTINGS:
        value = getattr(settings, setting.name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        if setting.name in _CLUSTER and (text != setting.default or setting.name == "opensearch_url"):
            found[f"KB_{setting.name.upper()}"] = text
    return found


def _say_how_to_switch(where: str, put: dict[str, str]) -> None:
    output.print("要切换时，在这台机器的 kb.toml 或环境文件里写上下面几行，再重启 kb serve：")
    for name, value in put.items():
        output.print(f"  {shown(f'{name}={value}')}")
    if "KB_OPENSEARCH_USER" in put:
        output.print("  KB_OPENSEARCH_PASSWORD=（与现在相同，只让运行本系统的用户能读）")
    back = "kb migrate --to local" if where == "opensearch" else "kb migrate --to opensearch"
    output.print(f"要退回，执行 {back}。两边的索引都保留，知识文件和数据库没有动。")


COMMANDS = (migrate,)
