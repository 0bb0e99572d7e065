"""A drive full of secrets that no other run has, and a search for them in all that a run lets out."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import importlib
import json
import os
import pkgutil
import random
import string
import urllib.parse
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import blake3
import piexif
import xxhash

import support
from scrubkit import demo
from scrubkit.custody import digests
from scrubkit.selftest import forms
from scrubkit.specimens import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrubkit.specimens.cases import Case

RANDOM = random.SystemRandom()

PART = 8
"""Characters at the beginning or end of a secret that tell it already."""


def word(size: int = 20) -> str:
    return "".join(RANDOM.choices(string.ascii_letters, k=size))


@dataclass
class Secrets:
    """What must not be told of a drive: words as they are, whatever their case, and numbers as text."""

    words: list[str] = field(default_factory=list)
    """In the files: fields, comments, boxes, trailers."""
    names: list[str] = field(default_factory=list)
    """Of files and folders."""
    figures: dict[str, str] = field(default_factory=dict)
    """Text that stands for a time, a place, a size or a digest, and what it is."""
    digests: list[bytes] = field(default_factory=list)
    """Of files, as they are."""

    def word(self) -> str:
        self.words.append(word())
        return self.words[-1]

    def name(self) -> str:
        self.names.append(word())
        return self.names[-1]


# Files


def exif_photo(secrets: Secrets) -> bytes:
    """A photo with place, time, serial, owner, comment and trailer."""
    when = datetime.fromtimestamp(RANDOM.randrange(1_100_000_000, 1_700_000_000), UTC)
    where = RANDOM.randrange(10**6, 90 * 10**6), RANDOM.randrange(10**6, 180 * 10**6)
    stamp = f"{when:%Y:%m:%d %H:%M:%S}".encode()
    blocks = {
        "0th": {
            piexif.ImageIFD.Make: secrets.word().encode(),
            piexif.ImageIFD.Model: secrets.word().encode(),
            piexif.ImageIFD.Artist: secrets.word().encode(),
            piexif.ImageIFD.DateTime: stamp,
        },
        "Exif": {
            piexif.ExifIFD.DateTimeOriginal: stamp,
            piexif.ExifIFD.BodySerialNumber: secrets.word().encode(),
            piexif.ExifIFD.UserComment: b"ASCII\0\0\0" + secrets.word().encode(),
            piexif.ExifIFD.MakerNote: secrets.word().encode("utf-16-le"),
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitudeRef: b"N",
            piexif.GPSIFD.GPSLatitude: _degrees(where[0]),
            piexif.GPSIFD.GPSLongitudeRef: b"E",
            piexif.GPSIFD.GPSLongitude: _degrees(where[1]),
        },
    }
    for degrees in where:
        secrets.figures[f"{degrees / 10**6:.6f}"[:-1]] = "place"
    _moment(secrets, when, "time in Exif")
    extra = _segment(0xE1, piexif.dump(blocks)) + _segment(0xFE, secrets.word().encode())
    picture = demo.grey(20)
    return picture[:2] + extra + picture[2:] + secrets.word().encode()


def _degrees(micro: int) -> tuple[tuple[int, int], ...]:
    return (micro // 10**6, 1), (0, 1), (micro % 10**6 * 3600, 10**6)


def _segment(code: int, body: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(body) + 2).to_bytes(2, "big") + body


def cut_short() -> Iterator[bytes]:
    """Large files that end too early: where they end is their size."""
    yield bytes.fromhex("0000001c667479706d703432000000006d70343269736f6d000000007fffffff6d646174") + _zeros()
    picture = demo.grey(20)
    yield picture[:-2] + _zeros()
    yield (
        b"\x89PNG\r\n\x1a\n"
        + bytes.fromhex("0000000d49484452000000100000001008020000009091683600f0000049444154")
        + _zeros()
    )
    yield b"RIFF\xff\xff\xff\x00WEBPVP8L\xf0\xff\xff\x00" + _zeros()


def _zeros() -> bytes:
    return bytes(RANDOM.randrange(1_000_000, 1_100_000))


def specimens(secrets: Secrets, each: int) -> Iterator[bytes]:
    """Files of every format, each with a secret in a place that was drawn by lot."""
    every: dict[str, list[Case]] = {}
    for module in pkgutil.iter_modules(cases.__path__):
        for case in importlib.import_module(f"scrubkit.specimens.cases.{module.name}").CASES:
            if case.planted is not None:
                every.setdefault(case.format, []).append(case)
    for drawn in every.values():
        for _ in range(each):
            planted = RANDOM.choice(drawn).planted
            assert planted is not None
            canary = secrets.word()
            some = islice(planted(canary.encode()), RANDOM.randrange(3, 60))
            yield [data for _, data in some if support.found_in(data, canary.encode())][-1]


def build(folder: Path, each: int = 1) -> Secrets:
    """Write a drive into a new folder, and return what must not be told of it."""
    secrets = Secrets()
    pictures = folder / secrets.name() / f"{secrets.name()}.{secrets.name()}"
    pictures.mkdir(parents=True)
    movie = demo.movie(model=secrets.word(), stale=True)
    contents = [
        exif_photo(secrets),
        exif_photo(secrets),
        movie,
        # cut in the movie header, in the middle of the coded data, and behind the first box
        movie[:-70],
        movie[: len(movie) // 3],
        movie[:24],
        exif_photo(secrets)[:400],
        *cut_short(),
        b"What is this? " + secrets.word().encode(),
        f"<x:xmpmeta>{secrets.word()}</x:xmpmeta>".encode(),
        b"",
        *specimens(secrets, each),
    ]
    for number, data in enumerate(contents):
        # A size that a search can tell from chance; what stands behind a JPEG or a movie stays behind.
        longer = data + _zeros() if number in {1, 2, 4} else data
        path = pictures / f"{secrets.name()}.{RANDOM.choice(('MOV', 'jpg', 'HEIC', 'x', 'Mp4'))}"
        path.write_bytes(longer)
        _tell(secrets, path, longer)
    (pictures / secrets.name()).symlink_to(f"/{secrets.name()}/{secrets.name()}")
    (pictures / f".{secrets.name()}").write_bytes(secrets.word().encode())
    os.mkfifo(pictures / secrets.name())
    (folder / f"{secrets.name()}.mhl").write_text(hash_list(secrets, folder))
    for path in (pictures, pictures.parent, folder):
        _date(secrets, path, "time of a folder")
    return secrets


def hash_list(secrets: Secrets, folder: Path) -> str:
    """An incoming list (MHL 1.1) of all files: the first is as it says, the others are not."""
    rows: list[str] = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()):
        digest = hashlib.md5(b"" if rows else path.read_bytes()).hexdigest()
        name = path.relative_to(folder)
        rows.append(f"<hash><file>{name}</file><size>{path.stat().st_size}</size><md5>{digest}</md5></hash>")
    creator = f"<creatorinfo><name>{secrets.word()}</name><hostname>{secrets.word()}</hostname></creatorinfo>"
    return f'<hashlist version="1.1">{creator}{"".join(rows)}</hashlist>'


def _tell(secrets: Secrets, path: Path, data: bytes) -> None:
    if hasattr(os, "setxattr"):
        # Where a download came from, for instance; not every file system keeps it.
        with contextlib.suppress(OSError):
            os.setxattr(path, f"user.{secrets.word()}", secrets.word().encode())
    _date(secrets, path, "time of a file")
    if len(data) >= 10**6:
        for mark in ("", ",", "_", ".", "'", " "):
            secrets.figures[f"{len(data):,}".replace(",", mark)] = "size"
        secrets.figures[f"{len(data) / 1000:.1f} "] = "size"
    if not data:
        return
    hashes = (
        *(getattr(hashlib, name)(data) for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")),
        hashlib.blake2b(data, digest_size=16),
        blake3.blake3(data),
        *(each(data) for each in (xxhash.xxh32, xxhash.xxh64, xxhash.xxh3_64, xxhash.xxh128)),
    )
    for digest in hashes:
        secrets.figures[digest.hexdigest()] = "digest"
        secrets.figures[base64.b64encode(digest.digest()).decode()[:-4]] = "digest"
        if digest.digest_size >= 16:
            secrets.digests.append(digest.digest())
    secrets.figures[digests.c4(data).lower()] = "digest"
    secrets.figures[f"{zlib.crc32(data):08x}"] = "digest"
    secrets.figures[f"{zlib.adler32(data):08x}"] = "digest"


def _date(secrets: Secrets, path: Path, what: str) -> None:
    when = datetime.fromtimestamp(RANDOM.randrange(1_100_000_000, 1_700_000_000), UTC)
    os.utime(path, (when.timestamp(), when.timestamp()))
    _moment(secrets, when, what)


def _moment(secrets: Secrets, when: datetime, what: str) -> None:
    secrets.figures |= {
        f"{when:%Y-%m-%d}": what,
        f"{when:%Y:%m:%d}": what,
        f"{when:%Y%m%d}": what,
        f"{when:%H:%M:%S}": what,
        str(int(when.timestamp())): what,
        str(int(when.timestamp()) + 2_082_844_800): what,
    }


# Search


def let_out(folder: Path, private: Path | None) -> dict[str, bytes]:
    """All that lies below a folder, outside the private one: contents, names, and times as text."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if private is not None and (path == private or private in path.parents):
            continue
        name = str(path.relative_to(folder))
        if path.is_file():
            found[name] = path.read_bytes()
        if hasattr(os, "listxattr"):
            for attribute in os.listxattr(path):
                found[f"{attribute} of {name}"] = attribute.encode() + os.getxattr(path, attribute)
        found[f"name and time of {name}"] = f"{name} {path.stat().st_mtime_ns}".encode()
    return found


def told(secrets: Secrets, where: dict[str, bytes]) -> list[tuple[str, str]]:
    """Where a secret stands, and what it is."""
    wanted = [(each, "name") for each in secrets.names] + [(each, "word") for each in secrets.words]
    forms = [(form, what) for each, what in wanted for form in _forms(each)]
    figures = [(text.encode(), what) for text, what in secrets.figures.items()]
    found = []
    for place, data in where.items():
        folded = data.lower()
        for form, what in forms:
            if form in data or (form.isalpha() and form.lower() in folded):
                found.append((place, what))
        found += [(place, "digest") for digest in secrets.digests if digest in data]
        text = _is_text(data)
        for figure, what in figures:
            # a few digits stand in any coded picture
            if (text or len(figure) >= 20) and figure in folded:
                found.append((place, what))
    return sorted(set(found))


def _forms(text: str) -> Iterator[bytes]:
    """A secret as it may be written, and its two ends."""
    data = text.encode()
    yield data[:PART]
    yield data[-PART:]
    yield from forms(data)
    hashes = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.blake2b, blake3.blake3, xxhash.xxh128)
    for digest in (each(data) for each in hashes):
        yield digest.hexdigest().encode()
        yield digest.digest()
    for written in (json.dumps(text)[1:-1], html.escape(text), urllib.parse.quote(text)):
        yield written.encode()
    yield zlib.compress(data)[2:-4]


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
