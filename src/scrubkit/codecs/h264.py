"""H.264 / AVC: NAL units, slice headers and the `avcC` record (ITU-T H.264, ISO/IEC 14496-15 §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Malformed, Truncated, Unsupported
from .bits import FORBIDDEN, START_CODES, BitReader, byte_stream, escape, peek, peek_ue, unescape
from .h264_pps import MAX_PPS_ID, pps_ids, rewrite_pps
from .h264_sps import HIGH_PROFILES, rewrite_sps
from .nal_syntax import Action, Aside, Description, Header, PictureNumber, SetName, SliceStart, Syntax
from .tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .h264_sps import Sps

SPS, PPS = 7, 8
IDR, SEI, END_OF_SEQUENCE, RPU = 5, 6, 10, 28

_PARTITIONS = frozenset({2, 3, 4})
_REF_IDC = 0x60
_ACTIONS = {
    1: Action.SLICE,
    IDR: Action.SLICE,
    SEI: Action.SEI,
    SPS: Action.SET,
    PPS: Action.SET,
    END_OF_SEQUENCE: Action.END,
    RPU: Action.RPU,
}
_INTRA = frozenset({2, 4, 7, 9})


def header(value: int) -> Header:
    """Return what a NAL unit header byte says (§7.3.1); `Malformed` for a set forbidden bit.

    What `nal_ref_idc` means is whether it is 0: any other value becomes 3.
    """
    if value & 0x80:
        raise Malformed("nal", "forbidden bit set")
    kind = value & 0x1F
    if kind in _PARTITIONS:
        raise Unsupported("nal", "data partitions")
    action = _ACTIONS.get(kind, Action.DROP)
    canonical = kind
    if action in {Action.SET, Action.RPU} or (action is Action.SLICE and value & _REF_IDC):
        canonical |= _REF_IDC
    return Header(action, kind, f"h264/nal/{kind}", bytes([canonical]), canonical == value, kind == IDR)


def slice_start(_kind: int, head: bytes) -> SliceStart:
    """Return the first fields of a slice header (§7.3.3) from its first bytes, escaped."""
    bits = peek(head)
    macroblock, bits = peek_ue(bits)
    kind, bits = peek_ue(bits)
    pps, _ = peek_ue(bits)
    if kind > 9 or pps > MAX_PPS_ID:
        raise Malformed("slice", "header")
    return macroblock == 0, kind in _INTRA, pps


def picture_reader(_pps: bytes, sps: bytes) -> Callable[[int, bytes], PictureNumber]:
    """Return what tells the picture of a slice (§7.4.1.2.4) from NAL type and first bytes, escaped."""
    known = rewrite_sps(_body(sps, "sps"))[0]

    def read(kind: int, head: bytes) -> PictureNumber:
        reader = BitReader(unescape(head), "slice")
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            reader.ue(0xFFFFFF)
        frame = reader.u(known.frame_bits)
        field = 0 if known.frame_mbs_only or not reader.flag() else 1 + reader.u(1)
        idr = reader.ue(0xFFFF) if kind == IDR else 0
        return frame, field, idr, reader.u(known.order_bits)

    return read


def _body(nal: bytes, place: str) -> bytes:
    """Return the RBSP of a parameter set NAL unit, after its header."""
    if len(nal) < 2:
        raise Truncated(place, "shorter than its header")
    if nal[0] & 0x80:
        raise Malformed(place, "forbidden bit set")
    trimmed = nal.rstrip(b"\x00")
    if FORBIDDEN.search(trimmed):
        raise Malformed(place, "start code inside a NAL unit")
    return unescape(trimmed[1:])


def set_name(nal: bytes) -> SetName:
    """Return the name of a parameter set NAL unit."""
    if nal[0] & 0x1F == PPS:
        pps = pps_ids(_body(nal, "pps"))
        return SetName(PPS, pps.identifier, pps.sps)
    return SetName(SPS, rewrite_sps(_body(nal, "sps"))[0].identifier, -1)


def _sps_by_id(sets: Iterable[bytes]) -> dict[int, Sps]:
    parsed = (rewrite_sps(_body(nal, "sps"))[0] for nal in sets if nal and nal[0] & 0x1F == SPS)
    return {sps.identifier: sps for sps in parsed}


def normalise(nal: bytes, sets: Iterable[bytes] = ()) -> bytes:
    """Return an SPS or PPS NAL unit in canonical form; `sets` hold the SPS that a PPS names.

    Raises `Refused` for a field out of range and for data that no syntax table names.
    """
    kind = nal[0] & 0x1F if nal else 0
    if kind == SPS:
        rbsp = rewrite_sps(_body(nal, "sps"))[1]
    elif kind == PPS:
        rbsp = rewrite_pps(_body(nal, "pps"), _sps_by_id(sets))
    else:
        raise Unsupported("nal", "not a parameter set")
    return bytes([_REF_IDC | kind]) + escape(rbsp)


def normalise_sets(sets: Iterable[bytes], tally: Tally) -> tuple[bytes, ...]:
    """Return SPSs and PPSs in canonical form, sorted by type and id, without duplicates.

    A PPS whose SPS is not there is of no use to a slice, and stays behind.  Raises
    `Unsupported` if two different sets have the same id.
    """
    source = list(sets)
    known = _sps_by_id(source)
    named: dict[tuple[int, int], bytes] = {}
    for nal in source:
        kind = nal[0] & 0x1F if nal else 0
        if kind == PPS:
            body = _body(nal, "pps")
            if pps_ids(body).sps not in known:
                tally.add(f"h264/nal/{PPS}", len(nal) + 2)
                continue
            clean = bytes([_REF_IDC | PPS]) + escape(rewrite_pps(body, known))
            key = kind, pps_ids(body).identifier
        else:
            clean = normalise(nal)
            key = kind, set_name(nal).identifier
        if named.setdefault(key, clean) != clean:
            raise Unsupported("avcC", "two parameter sets with one id")
    return tuple(named[key] for key in sorted(named))


def read_configuration(body: bytes) -> tuple[int, tuple[bytes, ...], Aside]:
    """Read the body of an `avcC` (ISO/IEC 14496-15 §5.3.3).

    Returns the size of NAL lengths in bytes, the SPSs and PPSs in canonical form,
    and what stays behind.  Some recorders put a byte stream (annex B) in its place,
    which players read.  Raises `Refused` errors.
    """
    tally = Tally()
    if body.startswith(START_CODES):
        return 4, normalise_sets(_sets_among(byte_stream(body), tally), tally), Aside(tally.rows())
    if len(body) < 6:
        raise Truncated("avcC", "shorter than its fixed part")
    if body[0] != 1:
        raise Unsupported("avcC", "version")
    length_size = (body[4] & 3) + 1
    at = 5
    sets: list[bytes] = []
    for kind, mask in ((SPS, 0x1F), (PPS, 0xFF)):
        if at >= len(body):
            raise Truncated("avcC", "ends before its parameter sets")
        count = body[at] & mask
        at += 1
        for _ in range(count):
            nal, at = _record_set(body, at)
            if not nal:
                tally.add("h264/nal/empty", 2)
            elif header(nal[0]).kind == kind:
                sets.append(nal)
            else:
                tally.add(header(nal[0]).key, len(nal) + 2)
    if body[1] in HIGH_PROFILES and body[at : at + 1] >= b"\xfc" and len(body) >= at + 4:
        at += 4  # chroma format, depths and the number of SPS extensions
    if at < len(body):
        tally.add("avcC/tail", len(body) - at)
    return length_size, normalise_sets(sets, tally), Aside(tally.rows())


def _sets_among(nals: Iterable[bytes], tally: Tally) -> list[bytes]:
    sets = []
    for nal in nals:
        head = header(nal[0])
        if head.action is Action.SET:
            sets.append(nal)
        else:
            tally.add(head.key, len(nal))
    return sets


def _record_set(body: bytes, at: int) -> tuple[bytes, int]:
    """Return the NAL unit at `at` behind its 16-bit length, and where the next one begins."""
    stop = at + 2 + int.from_bytes(body[at : at + 2])
    if at + 2 > len(body) or stop > len(body):
        raise Truncated("avcC", "ends inside a parameter set")
    return body[at + 2 : stop], stop


def write_configuration(sets: Sequence[bytes]) -> bytes:
    """Write the body of an `avcC` for canonical parameter sets.

    Profile, compatibility and level are those of the first SPS; lengths have 4
    bytes; the tail for high profiles is always there.  `Malformed` without an SPS.
    """
    of_sps = [nal for nal in sets if nal[0] & 0x1F == SPS]
    of_pps = [nal for nal in sets if nal[0] & 0x1F == PPS]
    if not of_sps:
        raise Malformed("avcC", "no sequence parameter set")
    if len(of_sps) > 31 or len(of_pps) > 255:
        raise Malformed("avcC", "too many parameter sets")
    first = rewrite_sps(_body(of_sps[0], "sps"))[0]
    out = bytearray([1, first.profile, first.constraints, first.level, 0xFF, 0xE0 | len(of_sps)])
    for nal in of_sps:
        out += len(nal).to_bytes(2) + nal
    out.append(len(of_pps))
    for nal in of_pps:
        out += len(nal).to_bytes(2) + nal
    if first.profile in HIGH_PROFILES:
        depths = 0xF8 | (first.luma_depth - 8), 0xF8 | (first.chroma_depth - 8)
        out += bytes([0xFC | first.chroma_format, *depths, 0])
    return bytes(out)


def describe(sets: Sequence[bytes]) -> Description:
    """Return what the first SPS says of the picture; `Malformed` without one."""
    nal = next((nal for nal in sets if nal and nal[0] & 0x1F == SPS), None)
    if nal is None:
        raise Malformed("avcC", "no sequence parameter set")
    sps = rewrite_sps(_body(nal, "sps"))[0]
    return Description(
        width=sps.width - sps.crop[0] - sps.crop[1],
        height=sps.height - sps.crop[2] - sps.crop[3],
        aspect=sps.signal.aspect or (1, 1),
        colour=sps.signal.described(),
        full_range=sps.signal.full_range,
        interlaced=not sps.frame_mbs_only,
        chroma_format=sps.chroma_format,
        luma_depth=sps.luma_depth,
        chroma_depth=sps.chroma_depth,
        profile=sps.profile,
        level=sps.level,
        hidden=sps.crop,
    )


SYNTAX = Syntax(
    name="h264",
    header_size=1,
    header=header,
    slice_start=slice_start,
    picture_reader=picture_reader,
    set_name=set_name,
    normalise=normalise,
    pps=PPS,
    sei_header=bytes([SEI]),
)
