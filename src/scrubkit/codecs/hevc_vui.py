"""H.265 `vui_parameters` (§E.2.1): read whole, written as far as display needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Unsupported
from .nal_vui import Signal, read_signal, write_signal

if TYPE_CHECKING:
    from .bits import BitReader, BitWriter

_MAX_CPBS = 32


def _skip_sub_layer_hrd(reader: BitReader, cpbs: int, *, sub_pictures: bool) -> None:
    for _ in range(cpbs):
        for _ in range(4 if sub_pictures else 2):
            reader.ue(0xFFFFFFFE)
        reader.flag()


def skip_hrd(reader: BitReader, sub_layers: int, *, common: bool) -> None:
    """Skip `hrd_parameters(common, sub_layers)` (§E.2.2)."""
    nal = vcl = sub_pictures = False
    if common:
        nal, vcl = reader.flag(), reader.flag()
        if nal or vcl:
            sub_pictures = reader.flag()
            if sub_pictures:
                reader.u(19)
            reader.u(8)  # bit_rate_scale, cpb_size_scale
            if sub_pictures:
                reader.u(4)
            reader.u(15)
    for _ in range(sub_layers + 1):
        fixed_general = reader.flag()
        fixed = reader.flag() if not fixed_general else True
        low_delay = False
        if fixed:
            reader.ue(2047)  # elemental_duration_in_tc_minus1
        else:
            low_delay = reader.flag()
        cpbs = 1 if low_delay else reader.ue(_MAX_CPBS - 1) + 1
        for present in (nal, vcl):
            if present:
                _skip_sub_layer_hrd(reader, cpbs, sub_pictures=sub_pictures)


def read_vui(reader: BitReader, sub_layers: int) -> Signal:
    """Read VUI parameters; `sub_layers` is `sps_max_sub_layers_minus1`."""
    signal = read_signal(reader)
    reader.flag()  # neutral_chroma_indication_flag
    if reader.flag():  # field_seq_flag
        raise Unsupported("sps", "field sequence")
    reader.flag()  # frame_field_info_present_flag
    if reader.flag():  # default_display_window_flag
        for _ in range(4):
            reader.ue(1 << 16)
    if reader.flag():  # vui_timing_info_present_flag
        reader.u(32)
        reader.u(32)
        if reader.flag():
            reader.ue(0xFFFFFFFE)
        if reader.flag():
            skip_hrd(reader, sub_layers, common=True)
    if reader.flag():  # bitstream_restriction_flag
        reader.u(3)
        reader.ue(4095)  # min_spatial_segmentation_idc
        for _ in range(4):
            reader.ue(16)
    return signal


def write_vui(writer: BitWriter, signal: Signal) -> None:
    """Write `vui_parameters_present_flag` and what follows it, if anything does.

    Unlike in H.264, output order rests on the SPS itself, so that the bitstream
    restriction stays behind too.
    """
    present = signal != Signal()
    writer.u(1, present)
    if not present:
        return
    write_signal(writer, signal)
    writer.u(3, 0)  # neutral chroma, field sequence, frame field info
    writer.u(1, 0)  # default_display_window_flag
    writer.u(1, 0)  # vui_timing_info_present_flag
    writer.u(1, 0)  # bitstream_restriction_flag
