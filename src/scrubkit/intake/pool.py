"""Processes that work on one task each, so that a file that kills its reader costs that file only.

`concurrent.futures` gives up on every task when one worker dies; a drive with one
bad file must not end like that.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import signal
import sys
import threading
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Generic, TypeVar

from .heap import keep_freed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

AHEAD = 4096
"""Results that may wait for an earlier one: a drive can be long, memory is not."""

Task = TypeVar("Task")
Result = TypeVar("Result")


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class _Worker(Generic[Task]):
    process: BaseProcess
    link: Connection
    number: int = -1
    task: Task | None = None


def in_order(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    *,
    lost: Result,
    abandon: Callable[[Task], None],
) -> Generator[tuple[Task, Result], None, None]:
    """Yield each task with its result, in the order of the tasks, running up to `workers` at once.

    `work` must not raise.  `lost` is the result of a task whose process died.
    `abandon` is called for every task that was begun and whose result the caller
    never got, after its process has ended.
    """
    context = _context()
    todo = enumerate(tasks)
    team: list[_Worker[Task]] = []
    begun: dict[int, Task] = {}
    done: dict[int, Result] = {}
    following = 0
    try:
        while True:
            free = workers - sum(worker.number >= 0 for worker in team)
            for number, task in islice(todo, max(0, min(free, AHEAD - len(begun)))):
                begun[number] = task
                _give(_idle(team, context, work, abandon), number, task)
            busy = [worker for worker in team if worker.number >= 0]
            if not busy:
                return
            for link in wait([worker.link for worker in busy]):
                worker = next(each for each in busy if each.link is link)
                number = worker.number
                done[number] = _take(worker, team, lost)
                if worker not in team:
                    abandon(begun[number])
            while following in done:
                result = done.pop(following)
                task = begun[following]
                yield task, result
                del begun[following]
                following += 1
    finally:
        _dismiss(team)
        for task in begun.values():
            abandon(task)


def _context() -> BaseContext:
    # A fork costs nothing and inherits what is imported, but only a process without threads forks safely.
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _idle(
    team: list[_Worker[Task]],
    context: BaseContext,
    work: Callable[[Task], Result],
    abandon: Callable[[Task], None],
) -> _Worker[Task]:
    for worker in team:
        if worker.number < 0:
            return worker
    ours, theirs = multiprocessing.Pipe()
    inherited = [worker.link for worker in team] + [ours] if context.get_start_method() == "fork" else []
    process = context.Process(target=_serve, args=(theirs, work, abandon, inherited), daemon=True)  # type: ignore[attr-defined]
    # Until the worker has its own handlers it must not act on ours.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    theirs.close()
    worker = _Worker[Task](process, ours)
    team.append(worker)
    return worker


def _give(worker: _Worker[Task], number: int, task: Task) -> None:
    worker.number, worker.task = number, task
    try:
        worker.link.send(task)
    except OSError:
        # It has died since; `_take` finds the link at its end.
        return


def _take(worker: _Worker[Task], team: list[_Worker[Task]], lost: Result) -> Result:
    try:
        result: Result = worker.link.recv()
    except (EOFError, OSError):
        team.remove(worker)
        _dismiss([worker])
        return lost
    worker.number, worker.task = -1, None
    return result


def _dismiss(team: list[_Worker[Task]]) -> None:
    for worker in team:
        worker.link.close()
        if worker.number >= 0:
            worker.process.terminate()
    for worker in team:
        worker.process.join(5)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _serve(
    link: Connection,
    work: Callable[[Task], Result],
    abandon: Callable[[Task], None],
    inherited: list[Connection],
) -> None:
    # Ctrl-C and a hang-up reach the whole group; the parent decides.  A link held open
    # here by inheritance would keep a sibling waiting for a parent that is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    # A core would hold whatever of a file was in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for other in inherited:
        other.close()
    keep_freed()
    # What was imported stays; looking through it again for garbage would cost time, and copy shared pages.
    gc.freeze()
    while True:
        try:
            task = link.recv()
        except (EOFError, OSError):
            return
        try:
            link.send(work(task))
        except Exception:  # noqa: BLE001 (a traceback may quote a file; the parent sees the end of the link)
            abandon(task)
            return
