"""A bad network between a server and its cluster: a TCP proxy that takes its time, or never answers, or tells what it
hears.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 2**16


class SlowNetwork:
    """Forwards to ``url``. What clients send waits for ``delay`` seconds, and for ever while ``silent``; both may be
    changed while it runs. ``heard`` is called with what is on its way, in both directions, before it goes on.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._speaks = threading.Event()
        self._speaks.set()
        self.delay = 0.0
        self.heard: Callable[[bytes], object] = len

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def silent(self) -> bool:
        """Whether it takes connections and requests, and answers none."""
        return not self._speaks.is_set()

    @silent.setter
    def silent(self, value: bool) -> None:
        if value:
            self._speaks.clear()
        else:
            self._speaks.set()

    def run(self) -> None:
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that there are end with their clients."""
        self.silent = False
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _connect(self, client: socket.socket) -> None:
        address = self._target.hostname or "", self._target.port or 80
        with client, socket.create_connection(address) as server:
            answering = threading.Thread(target=self._pump, args=(server, client, False), daemon=True)
            answering.start()
            self._pump(client, server, True)
            answering.join()

    def _pump(self, source: socket.socket, target: socket.socket, slow: bool) -> None:
        with suppress(OSError):
            while content := source.recv(_CHUNK):
                self.heard(content)
                if slow:
                    time.sleep(self.delay)
                    self._speaks.wait()
                target.sendall(content)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_network(url: str) -> Iterator[SlowNetwork]:
    """A network to ``url`` that is good until it is made bad."""
    network = SlowNetwork(url)
    thread = threading.Thread(target=network.run, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.close()
        thread.join()
