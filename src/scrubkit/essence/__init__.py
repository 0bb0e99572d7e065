"""The neutral model: what of a recording crosses, and nothing else.

There is no field for a date, a name or a place, so none can cross.  Integers are
plain, arrays are `array` objects that nobody changes after construction, and every
configuration record in here was rebuilt by `codecs` from parsed fields.
"""

from .bmp import Bitmap
from .gain import GainChannel, GainMap
from .gif import Gif, GifFrame
from .heif import Heif, HeifGain, HeifImage, HeifItem, HeifPlane, HeifStereo
from .jpeg import Component, Conditioning, HuffmanTable, Jpeg, JpegGain, Scan, ScanComponent
from .movie import DolbyVision, Edit, ImageSequence, Movie, Picture, Samples, Sound, Track
from .png import Deflated, Png, PngColour, PngFrame
from .shown import Colour, Orientation
from .tiff import Tiff, TiffField
from .webp import WebP, WebPAlpha, WebPFrame, WebPImage

Essence = Movie | ImageSequence | Jpeg | Gif | Heif | Png | WebP | Tiff | Bitmap

__all__ = [
    "Bitmap",
    "Colour",
    "Component",
    "Conditioning",
    "Deflated",
    "DolbyVision",
    "Edit",
    "Essence",
    "GainChannel",
    "GainMap",
    "Gif",
    "GifFrame",
    "Heif",
    "HeifGain",
    "HeifImage",
    "HeifItem",
    "HeifPlane",
    "HeifStereo",
    "HuffmanTable",
    "ImageSequence",
    "Jpeg",
    "JpegGain",
    "Movie",
    "Orientation",
    "Picture",
    "Png",
    "PngColour",
    "PngFrame",
    "Samples",
    "Scan",
    "ScanComponent",
    "Sound",
    "Tiff",
    "TiffField",
    "Track",
    "WebP",
    "WebPAlpha",
    "WebPFrame",
    "WebPImage",
]
