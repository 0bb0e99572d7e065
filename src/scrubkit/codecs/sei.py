"""SEI messages: an allow-list by type, each parsed into checked fields and written again.

Types, and the tables that lay them out, are those of H.264 annex D, H.265 annex D
and H.274.  A message of an allowed type whose fields are out of range stays behind
like any other; nothing but `no_display`, which hides a picture, refuses a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..catalog import find
from ..errors import Malformed, Refused, Unsupported
from .bits import FORBIDDEN, Rewriter, escape, unescape
from .hdr import ambient_constant, light_level, mastering_display, transfer
from .hdr10plus import rewrite_hdr10plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .tally import Tally

T35, USER_DATA, NO_DISPLAY = 4, 5, 135
MASTERING, LIGHT, TRANSFER, AMBIENT = 137, 144, 147, 148

FILM_GRAIN = 19
DYNAMIC = frozenset({T35, FILM_GRAIN})
"""Optional features, which the strict profile leaves behind."""

_UUID_SIZE = 16

X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
_X264_BUILD = re.compile(rb"x264 - core ([0-9]{1,6})")
_DIRECT_MENDED, _444_MENDED = 34, 151
"""Builds of x264 from which on temporal direct prediction, and 4:4:4 pictures, are coded by the standard."""
_444 = 3

_LAST_TYPE = 255
_QUARTER_TURN = 1 << 14
"""Of `anticlockwise_rotation`, which counts 65536ths of a turn."""
_STOP = b"\x80"
_ENDS = frozenset({b"", _STOP})
_MAX_MESSAGES = 4096


def messages(nal: bytes, header_size: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and payload of each message of a SEI NAL unit (H.264 §7.3.2.3).

    Raises `Malformed` where a size leads out of the unit.
    """
    if FORBIDDEN.search(nal):
        raise Malformed("sei", "start code inside a NAL unit")
    rbsp = unescape(nal[header_size:])
    at = count = 0
    while at < len(rbsp) - 1 or rbsp[at:] not in _ENDS:
        count += 1
        kind, at = _number(rbsp, at)
        size, at = _number(rbsp, at)
        if at + size > len(rbsp) or count > _MAX_MESSAGES:
            raise Malformed("sei", "message longer than its NAL unit")
        yield kind, rbsp[at : at + size]
        at += size


def _number(rbsp: bytes, at: int) -> tuple[int, int]:
    """Return a payload type or size and where it ends: bytes of 255 and one that is less."""
    value = 0
    while at < len(rbsp):
        byte = rbsp[at]
        at += 1
        value += byte
        if byte != 0xFF:
            return value, at
    raise Malformed("sei", "ends inside a message header")


def write_message(header: bytes, kind: int, payload: bytes) -> bytes:
    """Return a NAL unit that holds one message, of a type below 255."""
    more, last = divmod(len(payload), 255)
    return header + escape(bytes([kind]) + b"\xff" * more + bytes([last]) + payload + _STOP)


def key(coding: str, kind: int, payload: bytes) -> str:
    """Return the catalog key of a message that stays behind; a UUID only if the catalog knows it."""
    if kind == USER_DATA and len(payload) >= _UUID_SIZE:
        text = payload[:_UUID_SIZE].hex()
        name = f"sei-uuid/{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        if find("codec", name) is not None:
            return name
    if kind > _LAST_TYPE:
        return f"{coding}/sei/above-{_LAST_TYPE}"
    return f"{coding}/sei/{kind}"


def decoders_make_up_for(payload: bytes, chroma_format: int) -> bool:
    """Whether decoders know by what x264 says of itself that they must decode its pictures in another way.

    Old builds of x264 coded some pictures against the standard.  FFmpeg decodes those
    as they were meant as long as they say who made them, and wrongly without.
    """
    found = _X264_BUILD.match(payload, _UUID_SIZE)
    build = int(found[1]) if found else _444_MENDED
    return build < (_444_MENDED if chroma_format == _444 else _DIRECT_MENDED)


def _recovery_h264(both: Rewriter) -> None:
    both.ue(1023)  # recovery_frame_cnt
    both.flag()  # exact_match_flag
    both.flag()  # broken_link_flag
    both.put(2, 0)  # changing_slice_group_idc


def _recovery_hevc(both: Rewriter) -> None:
    both.se(-1024, 1023)  # recovery_poc_cnt
    both.flag()  # exact_match_flag
    both.flag()  # broken_link_flag


def _persistence(both: Rewriter, coding: str) -> None:
    """Copy how long a message holds: for one picture, or until the next one of its kind."""
    if coding == "h264":
        both.writer.ue(min(both.reader.ue(16384), 1))
    else:
        both.flag()


def _film_grain(both: Rewriter, coding: str) -> None:
    """Copy `film_grain_characteristics` within the bounds of SMPTE RDD 5, which players simulate."""
    if both.flag():  # film_grain_characteristics_cancel_flag
        return
    both.u(2, 0)  # film_grain_model_id: frequency filtering
    if both.flag():  # separate_colour_description_present_flag
        both.u(7)
        for _ in range(3):
            both.u(8, 22)
    both.u(2, 0)  # blending_mode_id: additive
    both.u(4, 7)  # log2_scale_factor
    for _ in range(sum([both.flag(), both.flag(), both.flag()])):
        intervals = both.u(8) + 1
        values = both.u(3, 2) + 1
        previous = -1
        for _ in range(intervals):
            lower, upper = both.u(8), both.u(8)
            if not previous < lower <= upper:
                raise Malformed("sei", "film grain intervals")
            previous = upper
            both.se(0, 255)
            for _ in range(values - 1):
                both.se(0, 16)
    _persistence(both, coding)


def _frame_packing(both: Rewriter, coding: str) -> None:
    """Copy `frame_packing_arrangement`, under id 0."""
    both.reader.ue(255)
    both.writer.ue(0)
    if not both.flag():  # frame_packing_arrangement_cancel_flag
        kind = both.u(7, 7)
        quincunx = both.flag()
        both.u(6, 2)  # content_interpretation_type
        both.u(6)  # flipping, field views, current frame, self contained
        if not quincunx and kind != 5:
            both.u(16)  # grid positions
        both.put(8, 0)
        _persistence(both, coding)
    both.put(1, 0)  # extension flag, upsampled aspect ratio flag


def _display_orientation(both: Rewriter, coding: str) -> None:
    """Copy `display_orientation` where it mirrors or makes quarter turns, which players follow."""
    if not both.flag():  # display_orientation_cancel_flag
        both.u(2)  # hor_flip, ver_flip
        if both.u(16) % _QUARTER_TURN:  # anticlockwise_rotation
            raise Unsupported("sei", "display orientation")
        _persistence(both, coding)
        if coding == "h264":
            both.put(1, 0)  # display_orientation_extension_flag


def _fields(table: Callable[[Rewriter], None], payload: bytes) -> bytes:
    """Apply a syntax table to a payload; a message with more than its fields is another message."""
    both = Rewriter(payload, "sei")
    table(both)
    if both.reader.left >= 8:
        raise Unsupported("sei", "unknown data after the last field")
    both.reader.trailing()
    if not both.writer.aligned():
        both.writer.stop()
    return both.writer.bytes()


def rewrite(coding: str, kind: int, payload: bytes) -> bytes | None:
    """Return the canonical payload of an allowed message, or None if it stays behind.

    Raises `Unsupported` for `no_display`.
    """
    try:
        match kind:
            case 6:
                return _fields(_recovery_h264 if coding == "h264" else _recovery_hevc, payload)
            case 19:
                return _fields(lambda both: _film_grain(both, coding), payload)
            case 45:
                return _fields(lambda both: _frame_packing(both, coding), payload)
            case 47:
                return _fields(lambda both: _display_orientation(both, coding), payload)
            case 4:
                return rewrite_hdr10plus(payload)
            case 137 if len(payload) == 24:
                return mastering_display(payload)
            case 144 if len(payload) == 4:
                return light_level(payload)
            case 147 if len(payload) == 1:
                return transfer(payload)
            case 148 if len(payload) == 8:
                return ambient_constant(payload)
    except Refused:
        return None
    if kind == NO_DISPLAY and coding == "hevc":
        raise Unsupported("sei", "picture that is not to be displayed")
    return None


def static_metadata(coding: str, nals: Iterable[bytes], tally: Tally) -> tuple[bytes, bytes]:
    """Return mastering display and light level bodies from SEI NAL units of an `hvcC`, or empty.

    All other messages are counted as left behind.
    """
    static = {MASTERING: b"", LIGHT: b""}
    for nal in nals:
        try:
            for kind, payload in messages(nal.rstrip(b"\x00"), 2):
                clean = rewrite(coding, kind, payload) if kind in static else None
                if clean is None:
                    tally.add(key(coding, kind, payload), len(payload) + 2)
                else:
                    static[kind] = clean
        except Malformed:
            tally.add(f"{coding}/nal/39", len(nal) + 2)
    return static[MASTERING], static[LIGHT]
