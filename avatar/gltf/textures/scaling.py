"""Images made smaller: colours, cut-outs that stay as dense as they were, normals that stay unit vectors."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.gltf.textures.roles import Role, Use

U8 = NDArray[np.uint8]

_STRIP = 2**22  # pixels that are averaged at once: what is done in 32-bit floats is kept small
_THIN = 0.8  # of its coverage is left of a cut-out at a quarter of its size: filtered levels would dissolve it
_LEAST_COVERED = 8  # pixels a side of the smallest level whose coverage is kept


def fitted_size(width: int, height: int, limit: int, least: int = 1) -> tuple[int, int]:
    """Powers of two, at most ``limit`` and at least ``least``, nearest to the image's proportions within the limit.

    Nearest by ratio: 1000 x 600 at 512 is 512 x 307, and 307 is nearer to 256 than to 512. Coordinates go from 0 to 1
    whatever the sides are, so nothing is distorted; and rounding up would cost more memory than the limit means.
    """
    top = 1 << (limit.bit_length() - 1)
    factor = min(1.0, top / max(width, height))
    sides = (min(top, 1 << max(0, round(np.log2(side * factor)))) for side in (width, height))
    across, down = (max(least, side) for side in sides)
    return across, down


def scaled(image: Image.Image, size: tuple[int, int], role: Role) -> U8:
    """``image`` (RGB or RGBA) as pixels (h, w, 3 or 4) of ``size`` (w, h)."""
    if role.use is Use.NORMAL:
        return _scaled_normals(image, size)
    solid = image if image.mode == "RGB" else image.convert("RGB")
    colour = np.asarray(solid.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    if image.mode == "RGB":
        return colour
    weighted = np.array(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    # Where nothing is visible the weighted colour is black, and bilinear filtering would draw it as a dark rim.
    unseen = weighted[..., 3] == 0
    weighted[unseen, :3] = colour[unseen]
    if role.use is Use.CUT_OUT:
        weighted[..., 3] = _same_coverage(np.asarray(image.getchannel("A")), weighted[..., 3], role.cutoff)
    return weighted


def covered_levels(pixels: U8, role: Role) -> list[U8]:
    """The mip levels below ``pixels`` (h, w, 4) of a cut-out so thin that filtered ones would dissolve it, each as
    dense as the first; none for any other image."""
    if role.use is not Use.CUT_OUT or pixels.shape[2] == 3:
        return []
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    alpha = image.getchannel("A")
    whole = float((pixels[..., 3] > role.cutoff * 255).mean())
    quarter = np.asarray(alpha.resize((max(1, width // 4), max(1, height // 4)), Image.Resampling.BOX))
    if float((quarter > role.cutoff * 255).mean()) >= _THIN * whole:
        return []
    levels: list[U8] = []
    while width > 1 or height > 1:
        width, height = max(1, width // 2), max(1, height // 2)
        covered = min(width, height) >= _LEAST_COVERED
        levels.append(scaled(image, (width, height), role if covered else Role(Use.BLENDED, srgb=role.srgb)))
    return levels


def _same_coverage(full: U8, small: U8, cutoff: float) -> U8:
    """``small`` alpha scaled so that as much of it passes the cutoff as of ``full``: thin hair stays as dense as it
    was (Castano 2010, "Computing alpha mipmaps")."""
    wanted = float((full > cutoff * 255).mean())
    low, high = 0.25, 4.0
    for _ in range(10):
        factor = (low + high) / 2
        if float((small * factor > cutoff * 255).mean()) < wanted:
            low = factor
        else:
            high = factor
    dense: U8 = np.clip(np.ceil(small * high), 0, 255).astype(np.uint8)  # the end that is dense enough
    return dense


def _scaled_normals(image: Image.Image, size: tuple[int, int]) -> U8:
    """Averaged directions, made unit again (tangent space, 8 bits for -1..1)."""
    mean = np.stack([_averaged(image.getchannel(axis), size) for axis in range(3)], axis=-1)
    mean[np.linalg.norm(mean, axis=-1) < 1e-3] = (0, 0, 1)
    unit = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
    encoded: U8 = np.clip(np.round((unit + 1) * 127.5), 0, 255).astype(np.uint8)
    return encoded


def _averaged(plane: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) in -1..1: each pixel the mean of its box, taken in strips where whole rows fall together."""
    width, height = size
    steps = 1
    if plane.height % height == 0:
        rows = plane.height // height
        steps = min(height, -(-plane.width * plane.height // _STRIP))
    elif plane.width * plane.height > _STRIP:
        plane = plane.resize((width * 2, height * 2), Image.Resampling.BOX)
    edges = np.linspace(0, height, steps + 1).astype(int)
    strips = []
    for top, bottom in itertools.pairwise(edges):
        part = plane.crop((0, top * rows, plane.width, bottom * rows)) if steps > 1 else plane
        values = np.asarray(part).astype(np.float32) / 127.5 - 1
        strips.append(np.asarray(Image.fromarray(values).resize((width, bottom - top), Image.Resampling.BOX)))
    return np.concatenate(strips)
