"""`dac3` and `dec3`: AC-3 and Enhanced AC-3 configuration (ETSI TS 102 366 annex F).

dac3  fscod 2, bsid 5, bsmod 3, acmod 3, lfeon 1, bit_rate_code 5, reserved 5
dec3  data_rate 13, num_ind_sub 3, per substream: fscod 2, bsid 5, reserved 1, asvc 1, bsmod 3,
      acmod 3, lfeon 1, reserved 3, num_dep_sub 4, chan_loc 9 | reserved 1
      [reserved 7, flag_ec3_extension_type_a 1, complexity_index_type_a 8]
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..model import Remaining, Residual
from . import eac3_frame
from .ac3_frame import Frame, canonical, read_frame
from .assembly import Assembly
from .bits import BitReader, BitWriter
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy
    from . import Filtered

RATES = (48000, 44100, 32000)
"""Samples per second by fscod."""

_CHANNELS = (2, 1, 2, 3, 3, 4, 4, 5)
"""Full-bandwidth channels by acmod."""

_LOCATIONS = (2, 2, 1, 1, 2, 2, 2, 1, 1)
"""Channels that each bit of chan_loc adds, from bit 0: Lc/Rc, Lrs/Rrs, Cs, Ts, Lsd/Rsd, Lw/Rw, Lvh/Rvh,
Cvh, LFE2 (table F.6.1)."""


@dataclass(frozen=True, slots=True)
class Ac3Config:
    """`record` is the whole body of the box; `enhanced` tells `dec3` from `dac3`."""

    record: bytes
    channels: int
    rate: int
    enhanced: bool


def _rate(code: int, where: str) -> int:
    if code >= len(RATES):
        raise Unsupported(where, "fscod")
    return RATES[code]


def rebuild_ac3(body: bytes | memoryview) -> Ac3Config:
    """Rebuild the body of `dac3`; raises `Malformed` or `Unsupported`."""
    bits = BitReader(body[:3], "dac3")
    fscod, bsid, bsmod, acmod, lfeon = (bits.u(n) for n in (2, 5, 3, 3, 1))
    bit_rate_code = bits.u(5)
    rate = _rate(fscod, "dac3")
    if bsid > 8:
        raise Unsupported("dac3", "bsid")
    if bit_rate_code > 18:
        raise Malformed("dac3", "bit-rate-code")
    out = BitWriter()
    for width, value in ((2, fscod), (5, bsid), (3, bsmod), (3, acmod), (1, lfeon), (5, bit_rate_code)):
        out.u(width, value)
    return Ac3Config(out.bytes(), _CHANNELS[acmod] + lfeon, rate, enhanced=False)


def rebuild_eac3(body: bytes | memoryview) -> Ac3Config:
    """Rebuild the body of `dec3`, whose data rate filters correct.  Raises `Malformed` or `Unsupported`."""
    bits = BitReader(body[:64], "dec3")
    data_rate = bits.u(13)
    count = bits.u(3) + 1
    out = BitWriter()
    out.u(13, data_rate)
    out.u(3, count - 1)
    channels = rate = 0
    for i in range(count):
        fscod, bsid = bits.u(2), bits.u(5)
        bits.u(1)
        asvc, bsmod, acmod, lfeon = (bits.u(n) for n in (1, 3, 3, 1))
        bits.u(3)
        dependent = bits.u(4)
        locations = bits.u(9) if dependent else 0
        if not dependent:
            bits.u(1)
        if bsid > 16:
            raise Unsupported("dec3", "bsid")
        if not i:
            rate = _rate(fscod, "dec3")
            channels = _CHANNELS[acmod] + lfeon
            channels += sum(more for bit, more in enumerate(_LOCATIONS) if locations >> bit & 1)
        for width, value in ((2, fscod), (5, bsid), (1, 0), (1, asvc), (3, bsmod), (3, acmod), (1, lfeon)):
            out.u(width, value)
        out.u(3, 0)
        out.u(4, dependent)
        out.u(9 if dependent else 1, locations)
    if bits.left >= 16:
        bits.u(7)
        if bits.flag():
            complexity = bits.u(8)
            if not 1 <= complexity <= 16:
                raise Malformed("dec3", "complexity-index")
            out.u(8, 1)
            out.u(8, complexity)
    return Ac3Config(out.bytes(), channels, rate, enhanced=True)


class Ac3Filter(Tallied):
    """Walks the syncframes of one AC-3 or Enhanced AC-3 track."""

    __slots__ = ("_entry", "_first", "_kbits", "_samples")

    def __init__(self, entry: Sound) -> None:
        self._entry = entry
        super().__init__()
        self._first: Frame | None = None
        self._samples = self._kbits = 0

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter the syncframes of all substreams; raises `Malformed` or `Unsupported`."""
        out = Assembly(start)
        at = frames = 0
        objects = False
        while at < len(data):
            frame = read_frame(data[at:])
            if frame.enhanced is not (self._entry.codec == "eac3"):
                raise Unsupported("syncframe", "bsid")
            if frame.rate != self._entry.rate:
                raise Unsupported("syncframe", "sample-rate")
            if at + frame.size > len(data):
                raise Malformed("syncframe", "ends-early")
            self._first = self._first or frame
            frames += 1
            source = bytes(data[at : at + frame.size])
            if frame.enhanced:
                made, objects = eac3_frame.canonical(source, frame, objects=objects)
            else:
                made = canonical(source, frame)
            if made != source:
                self._tally.add("ac3/information", 1)
            out.replace(source, made, at)
            at += frame.size
        if self._first is not None and at:
            self._kbits = max(self._kbits, at * 8 * self._first.rate // (self._first.samples * 1000))
        self._samples += frames > 0
        self._tally.rest("ac3/syncframes", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry with a record that says what the frames are."""
        frame = self._first
        if frame is None:
            return self._entry
        out = BitWriter()
        if not frame.enhanced:
            for width, value in (
                (2, frame.fscod),
                (5, frame.bsid),
                (3, frame.bsmod),
                (3, frame.acmod),
                (1, frame.lfeon),
                (5, frame.bit_rate_code),
            ):
                out.u(width, value)
            channels = _CHANNELS[frame.acmod] + frame.lfeon
            return replace(self._entry, record=out.bytes(), channels=channels)
        out.u(13, min(self._kbits, 8191))
        if not self._entry.record:
            out.u(3, 0)
            for width, value in (
                (2, frame.fscod),
                (5, frame.bsid),
                (5, 0),
                (3, frame.acmod),
                (1, frame.lfeon),
            ):
                out.u(width, value)
            channels = _CHANNELS[frame.acmod] + frame.lfeon
            return replace(self._entry, record=out.bytes() + b"\0", channels=channels)
        rest = BitReader(self._entry.record, "dec3")
        rest.u(13)
        while rest.left:
            out.u(1, rest.u(1))
        return replace(self._entry, record=out.bytes())

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of samples, inside whose audio blocks skip fields may lie."""
        return (Remaining(Residual.UNWALKED_SAMPLES, self._samples),) if self._samples else ()


def sample_filter(entry: Sound, policy: Policy) -> Ac3Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return Ac3Filter(entry)
