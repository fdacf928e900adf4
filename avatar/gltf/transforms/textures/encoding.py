"""Pixels into JPEG, PNG, WebP and KTX2, as their role and the wanted quality ask."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image

from avatar.gltf.encoded import Encoded
from avatar.gltf.guests.basis import ENCODER, Mode, encode_ktx2
from avatar.gltf.guests.sidecar import Toolchain
from avatar.gltf.model.images import JPEG, KTX2, PNG, WEBP
from avatar.gltf.transforms.textures.palette import indexed_png
from avatar.gltf.transforms.textures.roles import Role, Use
from avatar.gltf.transforms.textures.scaling import covered_levels
from avatar.variant import Detail, TextureFormat

U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TextureOptions:
    """JPEG and WebP qualities by use, colours of a PNG, and how much smaller a new file must be to replace one that
    has the right size."""

    colour_quality: int = 87
    data_quality: int = 85
    normal_quality: int = 90
    palette: int = 256
    rounds: int = 6  # of refining the palette
    gain: float = 0.9


DEFAULTS: Final = TextureOptions()
OPTIONS: Final[Mapping[Detail, TextureOptions]] = {
    Detail.LOW: TextureOptions(colour_quality=58, data_quality=58, normal_quality=70, palette=64),
    Detail.MEDIUM: TextureOptions(colour_quality=76, data_quality=74, normal_quality=82, palette=128),
    Detail.HIGH: DEFAULTS,
}
# Of what is seen at arm's length and farther, where most of a file is images.
MIDDLE_OPTIONS: Final[Mapping[Detail, TextureOptions]] = {
    **OPTIONS,
    Detail.HIGH: TextureOptions(colour_quality=77, data_quality=68, normal_quality=76, palette=80),
    Detail.MEDIUM: TextureOptions(colour_quality=68, data_quality=62, normal_quality=72, palette=64),
}
# Of what is seen from afar only, where textures are a few hundred pixels a side.
FAR_OPTIONS: Final[Mapping[Detail, TextureOptions]] = {
    Detail.LOW: OPTIONS[Detail.LOW],
    Detail.MEDIUM: TextureOptions(colour_quality=66, data_quality=66, normal_quality=76, palette=64),
    Detail.HIGH: TextureOptions(colour_quality=76, data_quality=74, normal_quality=82, palette=64),
}

# Of all that decides the bytes of an encoded image but is said nowhere else. Raise it with the code of this package.
ENCODERS: Final = f"textures 2, Pillow {PIL.__version__}, {ENCODER}"

MIMES: Final[Mapping[TextureFormat, str]] = {
    TextureFormat.JPEG: JPEG,
    TextureFormat.PNG: PNG,
    TextureFormat.WEBP: WEBP,
    TextureFormat.KTX2: KTX2,
}


def encode(
    pixels: U8,
    role: Role,
    kind: TextureFormat,
    quality: Detail,
    options: TextureOptions,
    toolchain: Toolchain | None,
    threads: int = 1,
) -> Encoded:
    """``pixels`` (h, w, 3, or 4 where alpha matters) in the format ``kind``; PNG where JPEG cannot hold the alpha.

    KTX2 needs ``toolchain``, and sides that are multiples of 4; it raises what ``encode_ktx2`` raises.
    """
    alpha = pixels.shape[2] == 4
    if kind is TextureFormat.KTX2:
        if toolchain is None:
            raise ValueError("KTX2 is made by a program, and no toolchain says where it is")
        normal, levels = role.use is Use.NORMAL, covered_levels(pixels, role)
        mode = Mode.UASTC if normal or levels else Mode.ETC1S
        made = encode_ktx2(
            *(pixels, mode),
            srgb=role.srgb,
            toolchain=toolchain,
            quality=quality,
            normal_map=normal,
            mips=levels,
            threads=threads,
        )
        return made, KTX2
    if kind is TextureFormat.WEBP:
        exact = pixels.shape[2] == 4  # colours stay where alpha is 0: bilinear filtering mixes them in
        said = {"quality": _quality(role, options), "alpha_quality": 95, "exact": exact, "method": 2}
        return _saved(pixels, "WEBP", **said), WEBP
    if kind is TextureFormat.PNG and (quality is Detail.HIGH or role.use in (Use.DATA, Use.NORMAL)):
        return _saved(pixels, "PNG", compress_level=6), PNG
    if alpha:
        return indexed_png(pixels, options.palette, options.rounds), PNG
    if kind is TextureFormat.PNG:
        solid = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=-1)
        return indexed_png(solid, options.palette, options.rounds), PNG
    # Chroma at half the size in all but normal maps, whose channels are three numbers that the eye does not average.
    sampling = 0 if role.use is Use.NORMAL else 2
    return _saved(pixels, "JPEG", quality=_quality(role, options), subsampling=sampling, optimize=True), JPEG


def _quality(role: Role, options: TextureOptions) -> int:
    own = {Use.DATA: options.data_quality, Use.NORMAL: options.normal_quality}
    return own.get(role.use, options.colour_quality)


def _saved(pixels: U8, kind: str, **parameters: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind, **parameters)
    return out.getvalue()
