from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from scrubkit import behind
from scrubkit.behind import Behind

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=[0, 1 << 30], ids=["in a thread", "inline"])
def _pays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "PAYS", request.param)


@pytest.mark.usefixtures("_pays")
def test_calls_are_made_in_order() -> None:
    done: list[object] = []
    with Behind() as calls:
        for number in range(100):
            calls.call(done.append, bytes((number,)))
        calls.finish()
    assert done == [bytes((number,)) for number in range(100)]


def test_little_work_starts_no_thread() -> None:
    threads: list[object] = []
    with Behind() as calls:
        for _ in range(10):
            calls.call(lambda _: threads.append(threading.current_thread()), b"x")
    assert set(threads) == {threading.main_thread()}


def test_much_work_leaves_the_caller_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "PAYS", 1)
    threads: list[object] = []
    with Behind() as calls:
        for _ in range(3):
            calls.call(lambda _: threads.append(threading.current_thread()), b"x")
    assert [thread is threading.main_thread() for thread in threads] == [True, False, False]


def fail(_: object) -> None:
    raise OSError(28, "full")


def call_all(*functions: Callable[[object], object]) -> None:
    with Behind() as calls:
        for function in functions:
            calls.call(function, b"x")
        calls.finish()


def call_and_fail(function: Callable[[object], object], error: Exception) -> None:
    with Behind() as calls:
        for _ in range(3):
            calls.call(function, b"x")
        raise error


@pytest.mark.usefixtures("_pays")
def test_a_failure_is_raised_where_the_data_came_from() -> None:
    with pytest.raises(OSError, match="full"):
        call_all(repr, fail)


@pytest.mark.usefixtures("_pays")
def test_nothing_is_called_after_a_failure() -> None:
    done: list[object] = []
    with pytest.raises(OSError, match="full"):
        call_all(done.append, fail, *[done.append] * 2 * behind.DEPTH)
    assert done == [b"x"]


@pytest.mark.usefixtures("_pays")
def test_an_exception_of_the_caller_waits_for_what_was_handed_over() -> None:
    done: list[object] = []
    with pytest.raises(KeyError):
        call_and_fail(done.append, KeyError())
    assert len(done) == 3
