from __future__ import annotations

import os
import pickle
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from scrubkit.errors import NotRegular, Refused, SourceFailed, Truncated
from scrubkit.intake.walk import walk
from scrubkit.source import ALIGN, CACHE, DIRECT, WINDOW, Source, below


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)))
    return path


def test_reads_exactly_what_is_asked(file: Path) -> None:
    with Source(file) as source:
        assert source.size == 256
        assert source.read(10, 3) == b"\x0a\x0b\x0c"
        assert source.view(250, 6) == bytes(range(250, 256))
        assert source.read(256, 0) == b""


@pytest.mark.parametrize(("at", "size"), [(255, 2), (256, 1), (-1, 1), (0, 257), (0, -1), (1 << 63, 1)])
def test_refuses_to_read_outside_the_file(file: Path, at: int, size: int) -> None:
    with Source(file) as source:
        with pytest.raises(Truncated):
            source.read(at, size)
        with pytest.raises(Truncated):
            source.view(at, size)


def test_views_across_windows_are_right(tmp_path: Path) -> None:
    path = tmp_path / "large"
    block = bytes(range(251)) * (WINDOW // 251 + 1)
    data = block * 5
    path.write_bytes(data)
    with Source(path) as source:
        for at in (0, WINDOW - 3, 3 * WINDOW + 7, WINDOW // 2, len(data) - 5, 2 * WINDOW - 1):
            assert source.view(at, 5) == data[at : at + 5]
        assert source.view(5, WINDOW) == data[5 : 5 + WINDOW]


@pytest.mark.parametrize("size", [WINDOW - ALIGN, WINDOW, WINDOW + 1, DIRECT - 1, DIRECT])
def test_large_views_are_right_wherever_they_begin(tmp_path: Path, size: int) -> None:
    path = tmp_path / "large"
    data = bytes(range(251)) * (2 * DIRECT // 251 + 1)
    path.write_bytes(data)
    with Source(path) as source:
        for at in (0, 1, ALIGN - 1, ALIGN, ALIGN + 1, len(data) - size):
            assert bytes(source.view(at, size)) == data[at : at + size]
        with pytest.raises(Truncated):
            source.view(len(data) - size + 1, size)


def test_a_second_look_at_the_same_place_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(WINDOW))
    with Source(path) as source:
        source.view(2, 100)
        monkeypatch.setattr(os, "pread", lambda *_: pytest.fail("read again"))
        source.view(0, WINDOW)


def test_tracks_that_lie_far_apart_do_not_evict_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(CACHE))
    places = range(0, CACHE - WINDOW, 2 * WINDOW)
    with Source(path) as source:
        for at in places:
            source.view(at, 100)
        monkeypatch.setattr(os, "pread", lambda *_: pytest.fail("read again"))
        for at in places:
            source.view(at + 100, 100)


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"")
    os.truncate(path, 4 * CACHE)
    with Source(path) as source:
        for at in range(0, 4 * CACHE - DIRECT, WINDOW):
            source.view(at, DIRECT - 1)
        assert sum(len(window) for _, window in source._windows) <= CACHE


def test_a_view_stays_valid_after_later_views(tmp_path: Path) -> None:
    path = tmp_path / "large"
    count = CACHE // WINDOW + 2
    path.write_bytes(b"first" + bytes(count * WINDOW))
    with Source(path) as source:
        first = source.view(0, 5)
        for number in range(1, count):
            source.view(number * WINDOW, 5)
        assert bytes(first) == b"first"


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(NotRegular):
        Source(link)


def test_a_link_among_the_folders_is_followed_only_if_it_was_typed(tmp_path: Path) -> None:
    (tmp_path / "real" / "in").mkdir(parents=True)
    (tmp_path / "real" / "in" / "x").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    typed = tmp_path / "link" / "in" / "x"
    with Source(typed) as source:
        assert source.read(0, 1) == b"x"
    for folder, names in ((tmp_path, "link/in/x"), (tmp_path / "link", "in/x")):
        with pytest.raises(SourceFailed):
            Source(below(str(folder), names))
    with Source(below(str(tmp_path), "real/in/x")) as source:
        assert source.read(0, 1) == b"x"


def test_what_was_found_below_the_current_folder_is_opened(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    with Source(below(".", file.name)) as source:
        assert source.size == 256


@pytest.mark.parametrize("folder", [".", "..", "/", "a", "/a/b"])
def test_where_it_was_found_goes_to_another_process(folder: str) -> None:
    path = pickle.loads(pickle.dumps(below(folder, "c/d\ne")))
    assert (path, path.folder, path.names) == (Path(folder, "c", "d\ne"), folder, 2)


def test_a_path_that_is_longer_than_the_system_takes_is_opened(tmp_path: Path) -> None:
    names = ["d" * 200] * 30
    folder = os.open(tmp_path, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    (found,) = walk([tmp_path])
    assert found.job.untrusted_name == "/".join([*names, "x"])
    with Source(found.job.path) as source:
        assert source.size == 0


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system lists no descriptors")
def test_no_descriptor_stays_open_however_opening_ends(file: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    (file.parent / "link").symlink_to(file)
    before = count()
    for name in ("file", "link", "missing", "missing/too", "file/too", "."):
        with suppress(Refused), Source(below(str(file.parent), name)):
            pass
    assert count() == before


def test_a_folder_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "x.mp4"
    folder.mkdir()
    with pytest.raises(NotRegular):
        Source(folder)


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(NotRegular):
        Source(fifo)


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        # Relative: the path of a socket is short.
        server.bind("s")
        with pytest.raises(NotRegular):
            Source(tmp_path / "s")


def test_a_missing_file_is_a_typed_failure(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="ENOENT"):
        Source(tmp_path / "missing")


def test_growth_is_noticed(file: Path) -> None:
    with Source(file) as source:
        source.check_unchanged()
        with file.open("ab") as more:
            more.write(b"x")
        with pytest.raises(SourceFailed, match="changed"):
            source.check_unchanged()


def test_shrinking_is_noticed(file: Path) -> None:
    with Source(file) as source:
        os.truncate(file, 10)
        with pytest.raises(SourceFailed, match="shrank"):
            source.read(0, 256)


def test_a_read_error_is_typed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "with a path in it")

    with Source(file) as source:
        monkeypatch.setattr(os, "pread", fail)
        with pytest.raises(SourceFailed, match="EIO"):
            source.read(0, 1)


@pytest.mark.skipif(not hasattr(os, "O_NOATIME"), reason="the system has no O_NOATIME")
def test_the_access_time_is_left_alone(file: Path) -> None:
    os.utime(file, (1, 2))
    with Source(file) as source:
        source.read(0, 256)
    assert file.stat().st_atime == 1


def test_what_is_in_a_window_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(251)) * 9000)
    with Source(path) as source:
        for at in range(0, source.size, 64 << 10):
            source.view(at, 1)
        monkeypatch.setattr(source, "read", None)
        at = 0
        while at < source.size:
            at += len(source.part(at, source.size - at))
        assert at == source.size
