"""H.265 sequence parameter set: read, checked and written again field by field (§7.3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..errors import Malformed, Unsupported
from .bits import Rewriter
from .hevc_lists import rewrite_reference_sets, rewrite_scaling_list_data
from .hevc_tier import Tier, rewrite_tier
from .hevc_vui import read_vui, write_vui
from .nal_vui import Signal

MAX_ID = 15
MAX_VPS_ID = 15
MAX_SUB_LAYERS_MINUS_1 = 6
_MAX_LATENCY = 64
"""Pictures; more than a decoder could hold means no limit, which is 0."""

MAX_SIDE = 32768
"""Luma samples of one side of a picture."""


@dataclass(frozen=True, slots=True)
class Sps:
    """What of a sequence parameter set matters outside it; sizes are luma samples."""

    identifier: int
    vps: int
    sub_layers: int
    """`sps_max_sub_layers_minus1`."""
    nested: bool
    tier: Tier
    chroma_format: int
    luma_depth: int
    chroma_depth: int
    width: int
    height: int
    blocks: int
    """Coding tree blocks of a picture."""
    order_bits: int
    """Bits of `slice_pic_order_cnt_lsb`."""
    crop: tuple[int, int, int, int]
    """Samples cut off left, right, top and bottom."""
    signal: Signal


def _range_extension(both: Rewriter) -> None:
    both.u(9)


def _screen_extension(both: Rewriter, chroma_format: int, depths: tuple[int, int]) -> None:
    both.flag()  # sps_curr_pic_ref_enabled_flag
    if both.flag():  # palette_mode_enabled_flag
        both.ue(64)  # palette_max_size
        both.ue(128)  # delta_palette_max_predictor_size
        if both.flag():
            entries = both.ue(127) + 1
            for component in range(1 if chroma_format == 0 else 3):
                for _ in range(entries):
                    both.u(depths[component > 0])
    both.u(2, 2)  # motion_vector_resolution_control_idc
    both.flag()  # intra_boundary_filtering_disabled_flag


def rewrite_ordering(both: Rewriter, sub_layers: int) -> None:
    """Copy the sub-layer ordering information, which VPS and SPS share."""
    every = both.flag()
    for _ in range(sub_layers + 1 if every else 1):
        both.ue(15)  # max_dec_pic_buffering_minus1
        both.ue(15)  # max_num_reorder_pics
        latency = both.reader.ue(0xFFFFFFFE)  # max_latency_increase_plus1
        both.writer.ue(latency if latency <= _MAX_LATENCY else 0)


def _pulse_code(both: Rewriter, luma_depth: int, chroma_depth: int) -> None:
    both.u(4, luma_depth - 1)
    both.u(4, chroma_depth - 1)
    both.ue(2)
    both.ue(2)
    both.flag()


# Each tile of a photo is asked for the same set, and each layer asks on its own.
@lru_cache(maxsize=16)
def rewrite_sps(rbsp: bytes) -> tuple[Sps, bytes]:
    """Return what an SPS of the base layer says and its RBSP in canonical form.

    `rbsp` begins after the NAL unit header.  Raises `Refused` if a field is not known.
    """
    both = Rewriter(rbsp, "sps")
    vps = both.u(4)
    sub_layers = both.u(3, MAX_SUB_LAYERS_MINUS_1)
    nested = both.flag()
    tier = rewrite_tier(both, sub_layers)
    identifier = both.ue(MAX_ID)
    chroma_format = both.ue(3)
    if chroma_format == 3 and both.flag():
        raise Unsupported("sps", "separate colour planes")
    width, height = both.ue(MAX_SIDE), both.ue(MAX_SIDE)
    crop = (0, 0, 0, 0)
    if both.flag():
        across = 2 if chroma_format in {1, 2} else 1
        down = 2 if chroma_format == 1 else 1
        left, right, top, bottom = (both.ue(MAX_SIDE) for _ in range(4))
        crop = left * across, right * across, top * down, bottom * down
    if crop[0] + crop[1] >= width or crop[2] + crop[3] >= height:
        raise Malformed("sps", "crops the whole picture")
    luma_depth, chroma_depth = both.ue(8) + 8, both.ue(8) + 8
    order_bits = both.ue(12) + 4
    rewrite_ordering(both, sub_layers)
    block = 1 << both.ue(3) + 3 + both.ue(3)  # from smallest to largest coding block
    both.ue(3)  # log2_min_luma_transform_block_size_minus2
    both.ue(3)  # log2_diff_max_min_luma_transform_block_size
    both.ue(4)  # max_transform_hierarchy_depth_inter
    both.ue(4)  # max_transform_hierarchy_depth_intra
    if both.flag() and both.flag():  # scaling_list_enabled_flag, sps_scaling_list_data_present_flag
        rewrite_scaling_list_data(both)
    both.flag()  # amp_enabled_flag
    both.flag()  # sample_adaptive_offset_enabled_flag
    if both.flag():
        _pulse_code(both, luma_depth, chroma_depth)
    rewrite_reference_sets(both, both.ue(64))
    if both.flag():  # long_term_ref_pics_present_flag
        for _ in range(both.ue(32)):
            both.u(order_bits)
            both.flag()
    both.flag()  # sps_temporal_mvp_enabled_flag
    both.flag()  # strong_intra_smoothing_enabled_flag
    signal = read_vui(both.reader, sub_layers) if both.reader.flag() else Signal()
    write_vui(both.writer, signal)
    if both.flag():  # sps_extension_present_flag
        in_range, multilayer, stereo, screen = both.flag(), both.flag(), both.flag(), both.flag()
        if both.u(4) or stereo:
            raise Unsupported("sps", "unknown extension")
        if in_range:
            _range_extension(both)
        if multilayer:
            both.flag()  # inter_view_mv_vert_constraint_flag
        if screen:
            _screen_extension(both, chroma_format, (luma_depth, chroma_depth))
    sps = Sps(
        identifier,
        vps,
        sub_layers,
        nested,
        tier,
        chroma_format,
        luma_depth,
        chroma_depth,
        width,
        height,
        -(-width // block) * -(-height // block),
        order_bits,
        crop,
        signal,
    )
    return sps, both.rbsp()
