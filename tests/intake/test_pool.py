"""Workers are real processes here: what they do is module-level, so that any start method finds it."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scrubkit.intake import pool
from scrubkit.intake.pool import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOST = "lost"


def slow_first(task: int) -> str:
    if task == 0:
        time.sleep(0.3)
    return f"{task} done"


def die_on_two(task: int) -> str:
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{task} done"


def touch_then_wait(task: Path) -> str:
    task.touch()
    if task.name != "0":
        time.sleep(60)
    return "done"


def fail(_: int) -> object:
    raise ValueError("a value from the file")


def nothing_that_can_be_sent(_: int) -> object:
    return lambda: None


def core(_: int) -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_CORE)


def remove(task: Path) -> None:
    task.unlink(missing_ok=True)


def keep(_: object) -> None:
    return


def pid(_: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def test_results_come_in_the_order_of_the_tasks() -> None:
    results = list(in_order(slow_first, range(6), 2, lost=LOST, abandon=keep))
    assert results == [(task, f"{task} done") for task in range(6)]


def test_no_task_gives_no_result() -> None:
    assert list(in_order(slow_first, [], 2, lost=LOST, abandon=keep)) == []


def test_several_workers_are_used_and_none_is_the_parent() -> None:
    pids = {result for _, result in in_order(pid, range(8), 2, lost=0, abandon=keep)}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_a_worker_that_dies_costs_its_own_task_only() -> None:
    results = dict(in_order(die_on_two, range(6), 2, lost=LOST, abandon=keep))
    assert results == {task: LOST if task == 2 else f"{task} done" for task in range(6)}


@pytest.mark.parametrize("work", [fail, nothing_that_can_be_sent])
def test_a_worker_that_fails_says_nothing(
    work: Callable[[int], str], capfd: pytest.CaptureFixture[str]
) -> None:
    results = list(in_order(work, range(2), 2, lost=LOST, abandon=keep))
    assert results == [(0, LOST), (1, LOST)]
    assert capfd.readouterr() == ("", "")


def test_a_worker_leaves_no_core() -> None:
    limits = {result for _, result in in_order(core, range(2), 2, lost=(1, 1), abandon=keep)}
    assert limits == {(0, 0)}


def test_ending_early_abandons_what_was_begun(tmp_path: Path) -> None:
    tasks = [tmp_path / str(number) for number in range(3)]
    results = in_order(touch_then_wait, tasks, 2, lost=LOST, abandon=remove)
    assert next(results) == (tasks[0], "done")
    results.close()
    assert list(tmp_path.iterdir()) == []


def test_only_so_many_results_wait_for_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "AHEAD", 5)
    taken = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(slow_first, tasks(), 2, lost=LOST, abandon=keep)
    next(results)
    results.close()
    assert len(taken) == 5
