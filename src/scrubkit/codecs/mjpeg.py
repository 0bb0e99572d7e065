"""Motion JPEG: each sample is a JPEG picture, or two fields of one; no configuration record."""

from __future__ import annotations

ENTRIES = {"jpeg": "Photo JPEG", "mjpa": "Motion JPEG A"}
"""Sample entry types.  Motion JPEG B (`mjpb`) has no markers to walk and is not among them."""
