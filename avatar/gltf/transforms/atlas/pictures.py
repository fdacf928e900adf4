"""Images as arrays: out of a document, sampled where a surface shows them, and into a PNG."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.errors import InvalidModel
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, pointer
from avatar.gltf.model.images import MAX_SIDE

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CLAMP, MIRROR = 33071, 33648
QUICK = 1  # compression level of PNGs: whoever limits textures encodes them again


def read_pixels(document: Document, image: int, least: int | None = None) -> U8:
    """(h, w, 3|4) pixels of an image of the document; a JPEG is decoded at a fraction of its size that still has
    ``least`` pixels on its longer side. Raises ``InvalidModel`` when it does not decode or is too large."""
    where = pointer("images", image)
    data = view_bytes(document, document.tree["images"][image]["bufferView"])
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            if max(picture.size) > MAX_SIDE:
                raise InvalidModel(f"has {picture.size[0]} x {picture.size[1]} pixels", where=where, mend="Scale it")
            if least is not None and max(picture.size) >= 2 * least:
                picture.draft("RGB", (least, least))
            if picture.mode in ("I;16", "I", "F"):  # 16-bit greys, which Pillow would clip
                grey = np.asarray(picture, np.float64) / 257
                return np.repeat(np.clip(np.round(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
            return np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    except InvalidModel:
        raise
    except Exception as error:  # a decoder on hostile bytes may raise anything
        raise InvalidModel(
            f"the image does not decode ({type(error).__name__})", where=where, mend="Save it again as PNG or JPEG"
        ) from error


def png(pixels: U8) -> bytes:
    """A lossless PNG of (h, w, 3|4), made quickly."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=QUICK)
    return out.getvalue()


def wrapped(numbers: I64, size: int, mode: int) -> I64:
    """Pixel numbers, which may lie outside an image of ``size``, as a sampler of this wrap mode reads them."""
    if mode == CLAMP:
        return np.clip(numbers, 0, size - 1)
    if mode == MIRROR:
        folded = numbers % (2 * size)
        return np.where(folded < size, folded, 2 * size - 1 - folded)
    return numbers % size


def sampled(pixels: U8, coordinates: F64, wrap: tuple[int, int]) -> U8:
    """(n, c) the nearest pixels at texture ``coordinates`` (n, 2)."""
    height, width = pixels.shape[:2]
    bounded = np.clip(coordinates, -1e6, 1e6)
    column = wrapped(np.floor(bounded[:, 0] * width).astype(np.int64), width, wrap[0])
    row = wrapped(np.floor(bounded[:, 1] * height).astype(np.int64), height, wrap[1])
    found: U8 = pixels[row, column]
    return found


@cache
def _linear() -> F64:
    coded = np.arange(256) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def to_linear(values: U8) -> F64:
    """sRGB bytes as linear light 0..1."""
    return _linear()[values]


def to_srgb(light: F64) -> U8:
    """Linear light 0..1 as sRGB bytes."""
    clipped = np.clip(light, 0, 1)
    coded = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(coded * 255).astype(np.uint8)


def byte(value: float) -> int:
    """0..1 as a byte."""
    return int(np.clip(round(value * 255), 0, 255))
