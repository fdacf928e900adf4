"""What an image says about itself, read from its headers: no pixel is decoded here.

A header that says what its format does not allow makes the image none: decoders differ in what they make of it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAX_SIDE = 8192  # pixels; text-to-3D providers deliver up to 8K
MAX_PIXELS = 160_000_000  # of all images of a file together

PNG, JPEG, WEBP, KTX2 = "image/png", "image/jpeg", "image/webp", "image/ktx2"
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by kind of colour
_WEBP_ANIMATED = 0x02
_KTX2_MAGIC = b"\xabKTX 20\xbb\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Media type and size in pixels."""

    mime: str
    width: int
    height: int


def read_header(data: bytes) -> ImageHeader | None:
    """The header of a PNG, JPEG, WebP or KTX2 image; None when it is none of these or broken."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data.startswith(_KTX2_MAGIC):
            return ImageHeader(KTX2, *struct.unpack_from("<II", data, 20))
    except (struct.error, IndexError):
        pass
    return None


def _png(data: bytes) -> ImageHeader | None:
    """The first chunk, whole and undamaged (ISO/IEC 15948, 11.2.2)."""
    length, name, width, height, depth, colour, *ways = struct.unpack_from(">I4sIIBBBBB", data, 8)
    (checksum,) = struct.unpack_from(">I", data, 29)
    if (length, name, checksum) != (13, b"IHDR", zlib.crc32(data[12:29])):
        return None
    packing, filtering, interlace = ways
    if depth not in _PNG_DEPTHS.get(colour, ()) or packing or filtering or interlace > 1:
        return None
    return ImageHeader(PNG, width, height)


def _jpeg(data: bytes) -> ImageHeader | None:
    """Walks the segments up to the first start-of-frame marker (ITU T.81, B.2.2): Huffman-coded, of 8 bits a sample, in
    one, three or four colours."""
    offset = 2
    while data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            offset += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            depth, height, width, components = struct.unpack_from(">BHHB", data, offset + 4)
            if marker > 0xC2 or depth != 8 or components not in (1, 3, 4):
                return None
            # Decoders fill in what is cut off, and each in its own way.
            return ImageHeader(JPEG, width, height) if data.find(b"\xff\xd9", offset) > 0 else None
        (length,) = struct.unpack_from(">H", data, offset + 2)
        if marker in (0xD9, 0xDA) or length < 2:
            return None
        offset += 2 + length
    return None


def _webp(data: bytes) -> ImageHeader | None:
    """Lossy, lossless and extended containers, still and whole (Google, WebP Container Specification)."""
    kind = data[12:16]
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        return None
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader(WEBP, width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return ImageHeader(WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X" and not data[20] & _WEBP_ANIMATED:
        width = int.from_bytes(data[24:27], "little") + 1
        return ImageHeader(WEBP, width, int.from_bytes(data[27:30], "little") + 1)
    return None
