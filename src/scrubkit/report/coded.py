"""What the types of coded data are, in words: all that is left in a cleaned file beside its structure."""

from __future__ import annotations

_EXACT = {
    "aac/block": "AAC blocks, walked to the end of their syntax",
    "aac/block-with-sbr": "AAC blocks with spectral band replication, which is not walked",
    "aac/unwalked": "AAC blocks that were not walked",
    "ac3/syncframes": "AC-3 or E-AC-3 frames; skip fields in their audio blocks are not walked",
    "alac/packet": "ALAC packets, walked to the end of their syntax",
    "amr/frames": "AMR frames",
    "av1/metadata/1": "AV1 content light level",
    "av1/metadata/2": "AV1 mastering display",
    "av1/metadata/4": "AV1 dynamic HDR metadata",
    "av1/obu/1": "AV1 sequence header",
    "av1/obu/3": "AV1 frame header",
    "av1/obu/4": "AV1 tile group",
    "av1/obu/6": "AV1 frame",
    "flac/frame": "FLAC frames",
    "h263/extended-picture": "H.263 pictures with an extended header, which is not walked",
    "h263/picture": "H.263 pictures",
    "h264/nal/1": "H.264 slices",
    "h264/nal/5": "H.264 slices of IDR pictures",
    "h264/nal/10": "H.264 end of sequence",
    "h264/nal/28": "Dolby Vision RPU",
    "hevc/nal/36": "H.265 end of sequence",
    "hevc/nal/62": "Dolby Vision RPU",
    "mjpeg/entropy": "JPEG scan data",
    "mjpeg/headers": "JPEG tables and headers",
    "mp3/frames": "MP3 frames, walked to the end of their codes",
    "mp3/unwalked": "MPEG audio frames whose codes were walked in samples or not at all",
    "mpeg2/group": "MPEG-2 group of pictures header",
    "mpeg2/picture": "MPEG-2 picture headers",
    "mpeg2/sequence": "MPEG-2 sequence headers",
    "mpeg2/slice": "MPEG-2 slices",
    "mpeg4/group-of-vop": "MPEG-4 Visual group of pictures header",
    "mpeg4/vop": "MPEG-4 Visual pictures",
    "opus/packet": "Opus packets",
    "prores/frame": "ProRes frames, walked down to their slices",
    "vc3/end": "DNxHD or DNxHR end of frame",
    "vc3/header": "DNxHD or DNxHR headers",
    "vc3/lines": "DNxHD or DNxHR macroblock lines; filling among them is not told apart",
    "vp9/frame": "VP9 frames",
    "vp9/key-frame": "VP9 key frames",
}
_SEI = {
    4: "dynamic HDR metadata (HDR10+)",
    6: "recovery point",
    19: "film grain characteristics",
    45: "frame packing arrangement",
    137: "mastering display",
    144: "content light level",
    147: "preferred transfer function",
    148: "ambient viewing environment",
}
_FIRST_IRAP = 16


def coded_type(key: str) -> str:
    """Return what a type of coded data is; the key itself where no words are listed."""
    if key in _EXACT:
        return _EXACT[key]
    coding, _, rest = key.partition("/")
    kind, _, number = rest.partition("/")
    if coding in {"h264", "hevc"} and number.isdecimal():
        if kind == "sei":
            return f"SEI message: {_SEI.get(int(number), number)}"
        if coding == "hevc" and kind == "nal":
            return f"H.265 slices{' of random access pictures' if int(number) >= _FIRST_IRAP else ''}"
    return key
