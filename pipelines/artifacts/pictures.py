"""Is it a picture, says who? The bytes, never the client or the file's name."""

import warnings
from dataclasses import dataclass
from typing import IO

#: Formats that a browser shows without running anything; SVG is not among them.
_MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}


@dataclass(frozen=True)
class Picture:
    media_type: str
    width: int
    height: int


def sniff(stream: IO[bytes]) -> Picture | None:
    """What picture a stream holds, by its first bytes; None for anything else. Rewinds."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A picture with very many pixels is only measured here, never unpacked.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(stream, formats=list(_MEDIA_TYPES))
        return Picture(_MEDIA_TYPES[picture.format or ""], *picture.size)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
        KeyError,
    ):
        return None
    finally:
        stream.seek(0)
