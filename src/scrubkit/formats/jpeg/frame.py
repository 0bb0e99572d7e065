"""Frame and scan headers (ITU-T T.81 §B.2.2, §B.2.3): parsed, held to their ranges, and counted in MCU."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ...errors import LimitExceeded, Malformed, Unsupported
from ...essence import Component

SEQUENTIAL, PROGRESSIVE, LOSSLESS, ARITHMETIC, ARITHMETIC_PROGRESSIVE = 0, 2, 3, 9, 10
"""Processes that are read, by the low nibble of SOF; SOF1 is read as SOF0."""

_PRECISIONS = {
    0: (8,),
    1: (8, 12),
    2: (8, 12),
    3: range(2, 17),
    9: (8, 12),
    10: (8, 12),
}

SCANS = 4096
"""More than the longest valid progression has: 4 components, 64 coefficients, 14 bits each."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame header; `ids` and `tables` are the source's component identifiers and table destinations."""

    process: int
    precision: int
    width: int
    height: int
    ids: bytes
    sampling: tuple[tuple[int, int], ...]
    tables: tuple[int, ...]

    @property
    def progressive(self) -> bool:
        """Whether coefficients come in several scans."""
        return self.process in (PROGRESSIVE, ARITHMETIC_PROGRESSIVE)

    @property
    def arithmetic(self) -> bool:
        """Whether the entropy coding is arithmetic."""
        return self.process in (ARITHMETIC, ARITHMETIC_PROGRESSIVE)


@dataclass(frozen=True, slots=True)
class ScanHeader:
    """A scan header: component indexes with their (DC, AC) destinations, and what the scan codes."""

    components: tuple[tuple[int, int, int], ...]
    spectral_start: int
    spectral_end: int
    high: int
    low: int


def read_frame(process: int, body: bytes, at: int) -> Frame:
    """Parse the body of SOF`process`, which lies at `at`.

    Raises `Unsupported` for processes and component counts that the model has no
    place for, and `Malformed` for values outside Table B.2.
    """
    where = f"SOF{process}"
    if process not in _PRECISIONS:
        raise Unsupported(where, "hierarchical-or-unknown-process", at)
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise Malformed(where, "bad-length", at)
    precision = body[0]
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    count = body[5]
    if count not in (1, 3, 4):
        raise Unsupported(where, "component-count", at)
    if precision not in _PRECISIONS[process]:
        raise Malformed(where, "bad-precision", at)
    if width == 0:
        raise Malformed(where, "no-width", at)
    if height == 0:
        raise Unsupported(where, "height-given-by-DNL", at)
    ids = body[6::3]
    sampling = tuple((value >> 4, value & 15) for value in body[7::3])
    tables = tuple(body[8::3])
    if len(set(ids)) != count:
        raise Malformed(where, "component-identifiers-repeat", at)
    if any(not (1 <= h <= 4 and 1 <= v <= 4) for h, v in sampling):
        raise Malformed(where, "bad-sampling-factor", at)
    if process == LOSSLESS:
        tables = (0,) * count
    if max(tables) > 3:
        raise Malformed(where, "bad-table-destination", at)
    if count == 1:
        # The only scan is not interleaved, so its factors have no meaning (§A.2.2).
        sampling = ((1, 1),)
    return Frame(SEQUENTIAL if process == 1 else process, precision, width, height, ids, sampling, tables)


def read_scan(frame: Frame, body: bytes, at: int) -> ScanHeader:
    """Parse a scan header's body, which lies at `at`; raises `Malformed` for values outside Table B.3."""
    count = body[0] if body else 0
    if not 1 <= count <= 4 or len(body) != 4 + 2 * count:
        raise Malformed("SOS", "bad-length", at)
    indexes = [frame.ids.find(body[i]) for i in range(1, 1 + 2 * count, 2)]
    if indexes[0] < 0 or any(b <= a for a, b in pairwise(indexes)):
        raise Malformed("SOS", "components-unknown-or-out-of-order", at)
    selectors = [(value >> 4, value & 15) for value in body[2 : 2 + 2 * count : 2]]
    start, end, approximation = body[-3], body[-2], body[-1]
    high, low = approximation >> 4, approximation & 15
    if frame.process == LOSSLESS:
        if not 1 <= start <= 7 or end or high or low >= frame.precision:
            raise Malformed("SOS", "bad-predictor", at)
    elif not frame.progressive:
        # Decoders take nothing else for a sequential scan, whatever a careless encoder wrote.
        start, end, high, low = 0, 63, 0, 0
    elif (
        (end != 0 if start == 0 else not (start <= end <= 63 and count == 1))
        or low > 13
        or (high and high != low + 1)
    ):
        raise Malformed("SOS", "bad-progression", at)
    if count > 1 and sum(h * v for h, v in (frame.sampling[i] for i in indexes)) > 10:
        raise Malformed("SOS", "too-many-blocks-in-an-MCU", at)
    rows = zip(indexes, selectors, strict=True)
    return ScanHeader(tuple((i, dc, ac) for i, (dc, ac) in rows), start, end, high, low)


def _ceil(a: int, b: int) -> int:
    return -(-a // b)


def blocks(frame: Frame, scan: ScanHeader) -> tuple[int, int]:
    """Return how many MCU the scan has and how many blocks (samples, if lossless) an MCU has (§A.2)."""
    edge = 1 if frame.process == LOSSLESS else 8
    widest = max(h for h, _ in frame.sampling)
    tallest = max(v for _, v in frame.sampling)
    if len(scan.components) > 1:
        across = _ceil(frame.width, edge * widest)
        down = _ceil(frame.height, edge * tallest)
        return across * down, sum(h * v for h, v in (frame.sampling[i] for i, _, _ in scan.components))
    h, v = frame.sampling[scan.components[0][0]]
    across = _ceil(_ceil(frame.width * h, widest), edge)
    down = _ceil(_ceil(frame.height * v, tallest), edge)
    return across * down, 1


def restarts_due(mcus: int, interval: int) -> int:
    """Return how many restart markers stand in a scan: one between each two intervals."""
    return _ceil(mcus, interval) - 1 if interval else 0


def capacity(frame: Frame, scan: ScanHeader) -> int:
    """Return an upper bound of the bytes that Huffman coding can make of a scan.

    A coefficient costs at most a code of 16 bits and 16 more bits, a block at most
    one end-of-band code more, and every byte may be stuffed.
    """
    mcus, each = blocks(frame, scan)
    coefficients = 1 if frame.process == LOSSLESS else scan.spectral_end - scan.spectral_start + 1
    return mcus * each * (coefficients + 1) * 4 * 2 + 16


@dataclass(slots=True)
class Progress:
    """Owns what each coefficient's bits are known to, so that no scan codes anything twice.

    A picture that a later scan overwrites would be a second, hidden picture.
    """

    frame: Frame
    _bits: list[list[int | None]] = field(default_factory=list)
    _scans: int = 0

    def __post_init__(self) -> None:
        self._bits = [[None] * 64 for _ in self.frame.ids]

    def enter(self, scan: ScanHeader, at: int) -> None:
        """Note a scan; raises `Malformed` unless it takes each of its coefficients one step further."""
        self._scans += 1
        if self._scans > SCANS:
            raise LimitExceeded("SOS", "too-many-scans", at)
        for index, _, _ in scan.components:
            known = self._bits[index]
            if scan.spectral_start and not self.frame.process == LOSSLESS and known[0] is None:
                raise Malformed("SOS", "AC-scan-before-DC-scan", at)
            expected = scan.high or None
            last = 0 if self.frame.process == LOSSLESS else scan.spectral_end
            first = min(scan.spectral_start, last)
            if any(bits != expected for bits in known[first : last + 1]):
                raise Malformed("SOS", "coefficients-coded-twice-or-out-of-turn", at)
            known[first : last + 1] = [scan.low] * (last + 1 - first)

    def finish(self, at: int) -> None:
        """Raise `Malformed` if a component was in no scan."""
        if any(known[0] is None for known in self._bits):
            raise Malformed("jpeg", "component-without-a-scan", at)


def needs(frame: Frame, scan: ScanHeader) -> tuple[bool, bool]:
    """Return whether the scan is coded with DC tables and with AC tables (§G.1.2, §H.1.2)."""
    if frame.process == LOSSLESS:
        return True, False
    if not frame.progressive:
        return True, True
    if scan.spectral_start:
        return False, True
    # A refinement scan of DC codes one raw bit per block; arithmetic coding has a fixed state for it.
    return scan.high == 0, False


def components_of(frame: Frame, tables: list[int]) -> tuple[Component, ...]:
    """Return the model's components, given each one's index into the distinct quantisation tables."""
    return tuple(Component(h, v, table) for (h, v), table in zip(frame.sampling, tables, strict=True))
