"""H.265 picture parameter set: read, checked and written again field by field (§7.3.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Unsupported
from .bits import BitReader, Rewriter
from .hevc_lists import rewrite_scaling_list_data
from .hevc_sps import MAX_ID

MAX_PPS_ID = 63
_MAX_TILE_COLUMNS = 20
_MAX_TILE_ROWS = 22
_MAX_CTBS = 4096


@dataclass(frozen=True, slots=True)
class Pps:
    """What of a picture parameter set matters outside it: ids, and what a slice header holds."""

    identifier: int
    sps: int
    dependent_slices: bool
    output_flag: bool
    extra_bits: int


def read_pps(rbsp: bytes) -> Pps:
    """Return the head of a PPS."""
    reader = BitReader(rbsp, "pps")
    return Pps(reader.ue(MAX_PPS_ID), reader.ue(MAX_ID), reader.flag(), reader.flag(), reader.u(3))


def _tiles(both: Rewriter) -> None:
    columns = both.ue(_MAX_TILE_COLUMNS - 1)
    rows = both.ue(_MAX_TILE_ROWS - 1)
    if not both.flag():  # uniform_spacing_flag
        for _ in range(columns + rows):
            both.ue(_MAX_CTBS)
    both.flag()  # loop_filter_across_tiles_enabled_flag


def _range_extension(both: Rewriter, *, transform_skip: bool) -> None:
    if transform_skip:
        both.ue(3)  # log2_max_transform_skip_block_size_minus2
    both.flag()  # cross_component_prediction_enabled_flag
    if both.flag():  # chroma_qp_offset_list_enabled_flag
        both.ue(3)  # diff_cu_chroma_qp_offset_depth
        for _ in range(both.ue(5) + 1):
            both.se(-12, 12)
            both.se(-12, 12)
    both.ue(8)  # log2_sao_offset_scale_luma
    both.ue(8)  # log2_sao_offset_scale_chroma


def _screen_extension(both: Rewriter) -> None:
    both.flag()  # pps_curr_pic_ref_enabled_flag
    if both.flag():  # residual_adaptive_colour_transform_enabled_flag
        both.flag()
        both.se(-12, 12)
        both.se(-12, 12)
        both.se(-12, 12)
    if both.flag():  # pps_palette_predictor_initializers_present_flag
        entries = both.ue(128)
        if entries:
            monochrome = both.flag()
            luma_depth = both.ue(8) + 8
            chroma_depth = luma_depth if monochrome else both.ue(8) + 8
            for component in range(1 if monochrome else 3):
                for _ in range(entries):
                    both.u(chroma_depth if component else luma_depth)


def rewrite_pps(rbsp: bytes) -> bytes:
    """Return a PPS in canonical form; `Refused` if a field is not known.

    `rbsp` begins after the NAL unit header.
    """
    both = Rewriter(rbsp, "pps")
    both.ue(MAX_PPS_ID)
    both.ue(MAX_ID)
    both.flag()  # dependent_slice_segments_enabled_flag
    both.flag()  # output_flag_present_flag
    both.u(3)  # num_extra_slice_header_bits
    both.flag()  # sign_data_hiding_enabled_flag
    both.flag()  # cabac_init_present_flag
    both.ue(14)  # num_ref_idx_l0_default_active_minus1
    both.ue(14)  # num_ref_idx_l1_default_active_minus1
    both.se(-26 - 6 * 8, 25)  # init_qp_minus26
    both.flag()  # constrained_intra_pred_flag
    transform_skip = both.flag()
    if both.flag():  # cu_qp_delta_enabled_flag
        both.ue(3)
    both.se(-12, 12)  # pps_cb_qp_offset
    both.se(-12, 12)  # pps_cr_qp_offset
    both.flag()  # pps_slice_chroma_qp_offsets_present_flag
    both.flag()  # weighted_pred_flag
    both.flag()  # weighted_bipred_flag
    both.flag()  # transquant_bypass_enabled_flag
    tiles = both.flag()
    both.flag()  # entropy_coding_sync_enabled_flag
    if tiles:
        _tiles(both)
    both.flag()  # pps_loop_filter_across_slices_enabled_flag
    if both.flag():  # deblocking_filter_control_present_flag
        both.flag()
        if not both.flag():  # pps_deblocking_filter_disabled_flag
            both.se(-6, 6)
            both.se(-6, 6)
    if both.flag():  # pps_scaling_list_data_present_flag
        rewrite_scaling_list_data(both)
    both.flag()  # lists_modification_present_flag
    both.ue(4)  # log2_parallel_merge_level_minus2
    if both.flag():  # slice_segment_header_extension_present_flag
        raise Unsupported("pps", "slice header extension")
    if both.flag():  # pps_extension_present_flag
        in_range, multilayer, stereo, screen = both.flag(), both.flag(), both.flag(), both.flag()
        if both.u(4) or multilayer or stereo:
            raise Unsupported("pps", "unknown extension")
        if in_range:
            _range_extension(both, transform_skip=transform_skip)
        if screen:
            _screen_extension(both)
    return both.rbsp()
