"""Fixtures that several test files share: the repository's articles behind a real service."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from flask.testing import FlaskClient

from kb.config import Settings, load_settings
from kb.service import Service
from kb.wiring.service import build_service
from tests.cluster.nodes import ClusterUnavailable, Node, running
from tests.cluster.secured import Secured, running_secured
from tests.unit.article_tree import make_tree
from webui import create_app

# A property holds or not, however busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ARTICLES = Path(__file__).resolve().parent.parent / "articles"


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """Settings of a service on one article, free to be changed and broken."""
    articles = make_tree(tmp_path / "articles")
    overrides = {"articles": str(articles), "data": str(tmp_path / "data"), "semantic": "off"}
    return load_settings(environ={}, overrides=overrides)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the shared ``service``."""
    overrides = {"articles": str(ARTICLES), "data": str(tmp_path_factory.mktemp("data")), "semantic": "off"}
    return load_settings(environ={}, overrides=overrides)


@pytest.fixture(scope="session")
def service(settings: Settings) -> Service:
    """The system on the repository's articles, indexed; shared, so tests only read and add to its logs."""
    return indexed(settings)


@pytest.fixture
def client(service: Service) -> FlaskClient:
    """A browser without cookies on the shared service."""
    return create_app(service).test_client()


def indexed(settings: Settings) -> Service:
    """A new service with its index up to date."""
    service = build_service(settings)
    service.index()
    service.warm_up()
    return service


def spoil(database: Path) -> None:
    """Make a database unreadable under those who have it open."""
    for path in database.parent.glob(f"{database.name}*"):
        path.write_bytes(b"no database any more" * 1000)


@pytest.fixture(scope="session")
def cluster_node() -> Iterator[Node]:
    """A cluster of one node that many tests share: each takes index names of its own, and leaves it as it was."""
    with _cluster(1) as (node,):
        yield node


@pytest.fixture
def three_nodes() -> Iterator[list[Node]]:
    """A cluster of three nodes, for one test that kills some."""
    with _cluster(3) as nodes:
        yield nodes


@pytest.fixture
def one_node() -> Callable[..., AbstractContextManager[Node]]:
    """Starts a cluster of one node with settings as ``name=value``, for one test that needs several in turn."""

    @contextmanager
    def start(*settings: str) -> Iterator[Node]:
        with _or_skipped(running(1, settings=settings)) as (node,):
            yield node

    return start


@pytest.fixture(scope="session")
def secured_node() -> Iterator[Secured]:
    """A node with TLS and logins; users may write indexes whose names begin with ``t``."""
    with _or_skipped(running_secured()) as node:
        yield node


@contextmanager
def _cluster(count: int) -> Iterator[list[Node]]:
    with _or_skipped(running(count)) as nodes:
        yield nodes


T = TypeVar("T")


@contextmanager
def _or_skipped(starting: AbstractContextManager[T]) -> Iterator[T]:
    """What is ``starting``; the test is skipped where that can't be, or takes too long for everybody."""
    if os.environ.get("CI") and not os.environ.get("KB_TEST_CLUSTER"):
        pytest.skip("no cluster in CI; KB_TEST_CLUSTER=1 starts one")
    try:
        with starting as started:
            yield started
    except ClusterUnavailable as error:
        pytest.skip(str(error))
