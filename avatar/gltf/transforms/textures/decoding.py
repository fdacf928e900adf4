"""Images opened as 8-bit RGB or RGBA, whatever they were: palettes, grey, 16 bits, CMYK.

What an image says about its orientation or its profile is not looked at, as glTF demands.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from avatar.errors import InvalidModel
from avatar.gltf.model.images import MAX_SIDE

_TURNED = 0x0112  # the orientation in Exif; 1 is upright
_EXIF = b"Exif\0\0"
_APP1, _SCAN = 0xE1, 0xDA  # markers of JPEG


def open_picture(data: bytes, side: int, where: str) -> Image.Image:
    """The picture, mode RGB or RGBA; a JPEG of more than twice ``side`` is decoded at a fraction of its size that is
    still above ``side``. Raises ``InvalidModel`` for one that does not decode."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if max(image.size) > MAX_SIDE:
                raise InvalidModel(f"has {image.size[0]} x {image.size[1]} pixels", where=where, mend="Scale it down")
            if max(image.size) > 2 * side:
                image.draft("RGB", (side, side))
            image.load()
            if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip at 255
                return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return image if image.mode == mode else image.convert(mode)
    except InvalidModel:
        raise
    except Exception as error:  # a decoder on hostile bytes may raise anything
        raise InvalidModel(
            f"the image does not decode ({type(error).__name__})", where=where, mend="Save it again as PNG or JPEG"
        ) from error


def jpeg_as_it_is(data: bytes) -> bytes | None:
    """A JPEG that clients show as glTF means it: ``data``, without its Exif where that turns the picture in browsers;
    None when it has to be encoded anew (CMYK)."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if image.mode == "CMYK":
                return None
            turned = image.getexif().get(_TURNED, 1) != 1
    except Exception:  # a header that Pillow does not take: as before, clients may
        return data
    return _without_exif(data) if turned else data


def _without_exif(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not (data[at + 1] == _APP1 and data[at + 4 :].startswith(_EXIF)):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
