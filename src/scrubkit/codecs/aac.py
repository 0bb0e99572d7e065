"""AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), parsed whole and written again from its fields.

    audioObjectType 5 (31: + 6), samplingFrequencyIndex 4 (15: + 24), channelConfiguration 4,
    [SBR/PS named first: extensionSamplingFrequencyIndex, audioObjectType],
    GASpecificConfig | ELDSpecificConfig, [epConfig 2], [0x2b7: SBR named last [0x548: PS]]

How SBR and PS were signalled is kept, since decoders act on it.  An extension
that says "no SBR" (some muxers add `56e500`, others don't) is not written: it says
what its absence says for a stream without SBR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..model import Remaining, Residual
from ..pieces import Coded, Span
from . import Filtered, Skimmed
from .aac_block import Rules, walk_block
from .aac_program import RATES, Program, read_program, write_program
from .bits import BitReader, BitWriter
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy
    from . import Run

OBJECT_TYPES = (0x40, 0x66, 0x67, 0x68)
"""objectTypeIndication of AAC: MPEG-4, then MPEG-2 Main, LC, SSR (14496-1 table 5)."""

_MAIN, _LC, _SSR, _LTP, _SBR = 1, 2, 3, 4, 5
_ER_LC, _ER_LTP, _ER_LD, _PS, _ELD = 17, 19, 23, 29, 39
_GENERAL = (_MAIN, _LC, _SSR, _LTP, _ER_LC, _ER_LTP, _ER_LD)
_RESILIENT = (_ER_LC, _ER_LTP, _ER_LD, _ELD)

_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8}
_LD_SBR_HEADERS = {1: 1, 2: 1, 3: 2, 4: 3, 5: 3, 6: 3, 7: 4, 11: 4, 12: 4, 14: 4}
_FASTEST = 192_000
_FILL = 6
_FREE = 4 << 5
"""First byte of a block from which on its first element holds no channel: elements 0 to 3 do (table 4.85)."""
_FAAC = re.compile(rb"libfaac \d+\.\d+")
_FAAC_LIMIT = 300
"""Bytes that a fill element takes at most."""
_FASTEST_CORE = 24_000
"""Samples per second below which SBR may be there without being named."""
_RATE_BOUNDS = (92017, 75132, 55426, 46009, 37566, 27713, 23004, 18783, 13856, 11502, 9391)
"""Least rate that uses the tables of each samplingFrequencyIndex (14496-3 table 4.82)."""


@dataclass(frozen=True, slots=True)
class LowDelaySbrHeader:
    """sbr_header (14496-3 table 4.63): fixed fields, then two optional groups."""

    fixed: int
    """bs_amp_res 1, bs_start_freq 4, bs_stop_freq 4, bs_xover_band 3."""
    extra_1: int | None
    """bs_freq_scale 2, bs_alter_scale 1, bs_noise_bands 2."""
    extra_2: int | None
    """bs_limiter_bands 2, bs_limiter_gains 2, bs_interpol_freq 1, bs_smoothing_mode 1."""


@dataclass(frozen=True, slots=True)
class AacConfig:
    """An AudioSpecificConfig in fields, and `record`, the same written again.

    `rate` is that of the core coder and `output_rate` that of the decoder's output
    where SBR is signalled (else the same), in samples per second.  `channels` are
    those of the output: 2 for a mono core with PS.  `frame_length` is core
    samples per frame.  `object_type` is the core's audioObjectType.
    """

    object_type: int
    rate: int
    output_rate: int
    channels: int
    channel_configuration: int
    frame_length: int
    short_frames: bool
    sbr: bool = False
    ps: bool = False
    no_ps: bool = False
    """One channel with SBR of which it is said that there is no PS; decoders take silence for a maybe."""
    hierarchical: bool = False
    """SBR named before the core (object type 5 or 29) rather than after it."""
    resilience: int = 0
    """aacSectionData-, aacScalefactorData- and aacSpectralDataResilienceFlag, as three bits."""
    error_protection: int = 0
    program: Program | None = None
    low_delay_sbr: int | None = None
    """ldSbrSamplingRate and ldSbrCrcFlag, as two bits."""
    low_delay_headers: tuple[LowDelaySbrHeader, ...] = ()
    record: bytes = b""


def _object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return 32 + bits.u(6) if kind == 31 else kind


def _rate(bits: BitReader) -> int:
    index = bits.u(4)
    if index == 15:
        rate = bits.u(24)
        if not 1000 <= rate <= _FASTEST:
            raise Unsupported("AudioSpecificConfig", "sampling-frequency")
        return rate
    if index >= len(RATES):
        raise Malformed("AudioSpecificConfig", "sampling-frequency-index")
    return RATES[index]


def _write_object_type(out: BitWriter, kind: int) -> None:
    if kind < 31:
        out.u(5, kind)
    else:
        out.u(5, 31)
        out.u(6, kind - 32)


def _write_rate(out: BitWriter, rate: int) -> None:
    if rate in RATES:
        out.u(4, RATES.index(rate))
    else:
        out.u(4, 15)
        out.u(24, rate)


def _general(bits: BitReader, config: AacConfig) -> AacConfig:
    """GASpecificConfig (14496-3 §4.4.1)."""
    short = bits.flag()
    if bits.flag():
        raise Unsupported("AudioSpecificConfig", "core-coder")
    extended = bits.flag()
    program = None
    if not config.channel_configuration:
        program = read_program(bits)
        if not program.channels:
            raise Malformed("program_config_element", "no-channels")
        index = RATES.index(config.rate) if config.rate in RATES else program.rate_index
        profile = config.object_type - 1 if config.object_type <= _LTP else program.object_type
        program = replace(program, rate_index=index, object_type=profile)
        config = replace(config, channels=program.channels)
    resilience = 0
    if extended:
        if config.object_type in _RESILIENT:
            resilience = bits.u(3)
        if bits.flag():
            raise Unsupported("AudioSpecificConfig", "version-3")
    whole = 512 if config.object_type == _ER_LD else 1024
    return replace(
        config,
        short_frames=short,
        frame_length=whole * 15 // 16 if short else whole,
        program=program,
        resilience=resilience,
    )


def _low_delay(bits: BitReader, config: AacConfig) -> AacConfig:
    """ELDSpecificConfig (14496-3 §4.6.20.2)."""
    short = bits.flag()
    resilience = bits.u(3)
    sbr = None
    headers: list[LowDelaySbrHeader] = []
    if bits.flag():
        sbr = bits.u(2)
        if config.channel_configuration not in _LD_SBR_HEADERS:
            raise Unsupported("AudioSpecificConfig", "channel-configuration")
        for _ in range(_LD_SBR_HEADERS[config.channel_configuration]):
            fixed = bits.u(12)
            bits.u(2)
            first, second = bits.flag(), bits.flag()
            headers.append(
                LowDelaySbrHeader(fixed, bits.u(5) if first else None, bits.u(6) if second else None)
            )
    if bits.u(4):
        raise Unsupported("AudioSpecificConfig", "eld-extension")
    return replace(
        config,
        short_frames=short,
        frame_length=480 if short else 512,
        resilience=resilience,
        low_delay_sbr=sbr,
        low_delay_headers=tuple(headers),
        output_rate=config.rate * 2 if sbr is not None and sbr & 2 else config.output_rate,
    )


def _sync_extension(bits: BitReader, config: AacConfig) -> AacConfig:
    """SBR and PS named after the core, where older decoders don't look (14496-3 §1.6.5)."""
    if bits.left < 16 or bits.u(11) != 0x2B7:
        return config
    if _object_type(bits) != _SBR:
        raise Unsupported("AudioSpecificConfig", "sync-extension")
    if not bits.flag():
        return config
    config = replace(config, sbr=True, output_rate=_rate(bits))
    if bits.left >= 12 and bits.u(11) == 0x548:
        there = bits.flag()
        config = replace(config, ps=there, no_ps=not there and config.channels == 1)
    return config


def read_config(specific: bytes | memoryview) -> AacConfig:
    """Parse an AudioSpecificConfig; `record` is left empty, bytes after it are dropped.

    Raises `Malformed`, and `Unsupported` for object types other than AAC Main, LC,
    SSR, LTP, their error resilient and low delay kin, and SBR and PS over them.
    """
    bits = BitReader(specific[:1024], "AudioSpecificConfig")
    kind = _object_type(bits)
    rate = output = _rate(bits)
    channel_configuration = bits.u(4)
    hierarchical = kind in (_SBR, _PS)
    parametric = kind == _PS
    if hierarchical:
        output = _rate(bits)
        kind = _object_type(bits)
    if kind not in (*_GENERAL, _ELD):
        raise Unsupported("AudioSpecificConfig", "object-type")
    if channel_configuration and channel_configuration not in _CHANNELS:
        raise Unsupported("AudioSpecificConfig", "channel-configuration")
    config = AacConfig(
        object_type=kind,
        rate=rate,
        output_rate=output,
        channels=_CHANNELS.get(channel_configuration, 0),
        channel_configuration=channel_configuration,
        frame_length=1024,
        short_frames=False,
        sbr=hierarchical,
        ps=parametric,
        hierarchical=hierarchical,
    )
    if kind == _ELD:
        if not channel_configuration or hierarchical:
            raise Unsupported("AudioSpecificConfig", "channel-configuration")
        config = _low_delay(bits, config)
    else:
        config = _general(bits, config)
    if kind in _RESILIENT:
        protection = bits.u(2)
        if protection > 1:
            raise Unsupported("AudioSpecificConfig", "error-protection")
        config = replace(config, error_protection=protection)
    if not hierarchical:
        config = _sync_extension(bits, config)
    if config.ps and config.channels != 1:
        # PS makes two channels of one.  Over anything else decoders ignore it; so does the record.
        config = replace(config, ps=False)
    return replace(config, channels=2) if config.ps else config


def write_config(config: AacConfig) -> bytes:
    """Return the AudioSpecificConfig of these fields; what follows the last one is zero bits."""
    out = BitWriter()
    kind = config.object_type
    if config.hierarchical:
        _write_object_type(out, _PS if config.ps else _SBR)
    else:
        _write_object_type(out, kind)
    _write_rate(out, config.rate)
    out.u(4, config.channel_configuration)
    if config.hierarchical:
        _write_rate(out, config.output_rate)
        _write_object_type(out, kind)
    out.u(1, int(config.short_frames))
    if kind == _ELD:
        _write_low_delay(out, config)
    else:
        out.u(1, 0)
        out.u(1, int(kind in _RESILIENT))
        if config.program is not None:
            write_program(out, config.program)
        if kind in _RESILIENT:
            out.u(3, config.resilience)
            out.u(1, 0)
    if kind in _RESILIENT:
        out.u(2, config.error_protection)
    if config.sbr and not config.hierarchical:
        out.u(11, 0x2B7)
        _write_object_type(out, _SBR)
        out.u(1, 1)
        _write_rate(out, config.output_rate)
        if config.ps or config.no_ps:
            out.u(11, 0x548)
            out.u(1, int(config.ps))
    return out.bytes()


def _write_low_delay(out: BitWriter, config: AacConfig) -> None:
    out.u(3, config.resilience)
    out.u(1, int(config.low_delay_sbr is not None))
    if config.low_delay_sbr is not None:
        out.u(2, config.low_delay_sbr)
    for header in config.low_delay_headers:
        out.u(12, header.fixed)
        out.u(2, 0)
        out.u(1, int(header.extra_1 is not None))
        out.u(1, int(header.extra_2 is not None))
        if header.extra_1 is not None:
            out.u(5, header.extra_1)
        if header.extra_2 is not None:
            out.u(6, header.extra_2)
    out.u(4, 0)


def rebuild_config(specific: bytes | memoryview) -> AacConfig:
    """Parse an AudioSpecificConfig and write it again into `record`; raises as `read_config` does."""
    config = read_config(specific)
    return replace(config, record=write_config(config))


SHORT = 4096
"""Access units of a track that is walked from end to end: a minute and a half."""
HEAD, TAIL, EVERY = 512, 64, 64
"""Of a longer track: how many at its beginning and end are walked, and which of those in between."""


class AacFilter(Tallied):
    """Walks the blocks of one AAC track.

    To know where the channel elements of a block end takes decoding their entropy
    code, which costs far more than copying.  So a long track is walked at both ends
    and in samples, unless the policy says `deep`; a block that begins with anything
    but a channel element is always walked, and the first one with something behind
    its channel elements has all that follow walked too.
    """

    __slots__ = ("_all", "_count", "_entry", "_implied", "_index", "_rules", "_sbr", "_unwalked")

    def __init__(self, entry: Sound, policy: Policy, count: int) -> None:
        """Take an entry whose record `rebuild_config` made, and how many samples there will be."""
        config = read_config(entry.record)
        self._entry = entry
        super().__init__()
        self._sbr = self._unwalked = self._index = 0
        self._count = count
        self._all = policy.deep or count <= SHORT
        self._implied = not config.sbr
        self._rules = _rules(config)

    def skim(self, run: Run, first: int) -> Skimmed:
        """Take the access units up to the next one that is walked."""
        index = self._index
        data, edges = run.data, run.edges
        last = len(edges) - 1
        free = 0x100
        if self._rules is not None:
            if self._all or index < HEAD:
                return Skimmed(0, b"")
            last = min(last, first + self._count - TAIL - index, first + -index % EVERY)
            free = _FREE
        at = first
        while at < last and edges[at] < edges[at + 1] and data[edges[at]] < free:
            at += 1
        count = at - first
        if count:
            self._index += count
            self._unwalked += count
            self._tally.whole("aac/unwalked", count, edges[at] - edges[first])
        return Skimmed(count, b"\1" * count)

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one access unit; raises `Malformed` or `Unsupported`."""
        size = len(data)
        index = self._index
        self._index += 1
        if self._rules is None or not size:
            self._unwalked += bool(size)
            self._tally.rest("aac/unwalked", size)
            return Filtered((Span(start, size),) if size else (), size, sync=True)
        if not (
            self._all or index < HEAD or index >= self._count - TAIL or index % EVERY == 0 or data[0] >= _FREE
        ):
            self._unwalked += 1
            self._tally.rest("aac/unwalked", size)
            return Filtered((Span(start, size),), size, sync=True)
        block = walk_block(data, self._rules)
        self._sbr += block.sbr
        if self._implied:
            # SBR that the configuration doesn't name counts only if the first block has it (§1.6.6.1.1).
            self._implied = False
            self._rules = replace(self._rules, replication=block.sbr)
        for name, bits in block.dropped:
            self._tally.add(name, (bits + 7) // 8)
            # encoders sign the first block and no other
            self._all = self._all or index > 0
        self._tally.rest("aac/block-with-sbr" if block.sbr else "aac/block", size)
        piece = Span(start, block.size) if block.data is None else Coded(block.data)
        return Filtered((piece,), block.size, sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of access units that were not walked to the end of their syntax."""
        count = self._sbr + self._unwalked
        return (Remaining(Residual.UNWALKED_SAMPLES, count),) if count else ()


def _rules(config: AacConfig) -> Rules | None:
    """Return the rules of a walk, or None for syntaxes that are not walked."""
    if config.object_type not in (_MAIN, _LC, _LTP):
        return None
    index = next((i for i, least in enumerate(_RATE_BOUNDS) if config.rate >= least), len(_RATE_BOUNDS))
    program = config.program
    channels = program.channels if program else _CHANNELS[config.channel_configuration]
    return Rules(
        object_type=config.object_type,
        rate_index=index,
        frame_length=config.frame_length,
        channels=channels,
        couplings=len(program.coupling) if program else 0,
        replication=config.sbr or config.rate <= _FASTEST_CORE,
    )


def sample_filter(entry: Sound, policy: Policy, count: int = 0) -> AacFilter:
    """Return a filter for a track of `count` samples; raises `Refused` errors for a foreign record."""
    return AacFilter(entry, policy, count)


def faac_delay(block: bytes | memoryview) -> int:
    """Return how many samples FFmpeg hides at the start of a track because of its first block: 1024 or 0.

    libfaac names itself in a leading fill element, and FFmpeg takes that as a sign of
    the encoder's delay.  Other players don't; with the element gone FFmpeg doesn't either,
    so whoever wants the sound where FFmpeg had it has to say the delay in an edit.
    """
    bits = BitReader(block[:_FAAC_LIMIT], "raw_data_block")
    if bits.left < 19 or bits.u(3) != _FILL:
        return 0
    count = bits.u(4)
    if count == 15:
        count += bits.u(8) - 1
    if count < 9 or bits.left < 8 * count or bits.u(4):
        return 0
    bits.u(13)
    text = bytes(bits.u(8) for _ in range((8 * count - 17) // 8))
    return 1024 if _FAAC.match(text) else 0
