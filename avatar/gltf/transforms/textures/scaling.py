"""Images made smaller: colours, cut-outs that stay as dense as they were, normals that stay unit vectors."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.gltf.transforms.textures.roles import Role, Use

U8 = NDArray[np.uint8]

_STRIP = 2**20  # pixels that are averaged at once
_LARGE = 2**22  # pixels of an image of which no second copy is made
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


def scaled(image: Image.Image, size: tuple[int, int], role: Role, *, alpha: bool) -> U8:
    """``image`` as pixels of ``size`` (w, h): (h, w, 4) with ``alpha``, for which it must be RGBA, else (h, w, 3)."""
    if role.use is Use.NORMAL:
        return _scaled_normals(image, size)
    colour = _scaled_colours(image, size)
    if not alpha:
        return colour
    weighted = np.array(_halfway(image, size).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    # Where nothing is visible the weighted colour is black, and bilinear filtering would draw it as a dark rim.
    unseen = weighted[..., 3] == 0
    weighted[unseen, :3] = colour[unseen]
    if role.use is Use.CUT_OUT:
        weighted[..., 3] = _same_coverage(image.getchannel("A"), weighted[..., 3], role.cutoff)
    return weighted


def covered_levels(pixels: U8, role: Role) -> list[U8]:
    """The mip levels below ``pixels`` (h, w, 4) of a cut-out so thin that filtered ones would dissolve it, each as
    dense as the first; none for any other image."""
    if role.use is not Use.CUT_OUT or pixels.shape[2] == 3:
        return []
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    alpha = image.getchannel("A")
    quarter = alpha.resize((max(1, width // 4), max(1, height // 4)), Image.Resampling.BOX)
    if _coverage(quarter, role.cutoff) >= _THIN * _coverage(alpha, role.cutoff):
        return []
    levels: list[U8] = []
    while width > 1 or height > 1:
        width, height = max(1, width // 2), max(1, height // 2)
        covered = min(width, height) >= _LEAST_COVERED
        levels.append(scaled(image, (width, height), role if covered else Role(Use.BLENDED), alpha=True))
    return levels


def _scaled_colours(image: Image.Image, size: tuple[int, int]) -> U8:
    """(h, w, 3); of an image with alpha band by band, which is the same and takes a fourth of the memory."""

    def fitted(part: Image.Image) -> Image.Image:
        return part.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)

    if image.mode == "RGB":
        return np.asarray(fitted(image))
    return np.asarray(Image.merge("RGB", [fitted(image.getchannel(band)) for band in range(3)]))


def _halfway(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A large RGBA ``image``, averaged by alpha to no less than twice ``size``: Pillow's own way takes a second copy of
    the whole."""
    factor = min(image.width // (2 * size[0]), image.height // (2 * size[1]))
    if factor < 2 or image.width * image.height <= _LARGE:
        return image
    small = Image.new("RGBa", (-(-image.width // factor), -(-image.height // factor)))
    rows = factor * max(1, _STRIP // (image.width * factor))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        small.paste(strip.convert("RGBa").reduce(factor), (0, top // factor))
    return small.convert("RGBA")


def _coverage(alpha: Image.Image, cutoff: float) -> float:
    """How much of an alpha channel passes the cutoff, 0 to 1."""
    return sum(alpha.histogram()[int(cutoff * 255) + 1 :]) / (alpha.width * alpha.height)


def _same_coverage(full: Image.Image, small: U8, cutoff: float) -> U8:
    """``small`` alpha scaled so that as much of it passes the cutoff as of ``full``: thin hair stays as dense as it
    was (Castano 2010, "Computing alpha mipmaps")."""
    wanted = _coverage(full, cutoff)
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
    """Averaged directions, made unit again (tangent space, 8 bits for -1..1); in strips, where whole rows fall
    together, because 32-bit floats of a large image fill the memory."""
    width, height = size
    if image.height % height and image.width * image.height > _STRIP:
        image = image.resize((2 * width, 2 * height), Image.Resampling.BOX)
    rows, over = divmod(image.height, height)
    steps = 1 if over else min(height, -(-image.width * image.height // _STRIP))
    edges = [height * step // steps for step in range(steps + 1)]
    strips = []
    for top, bottom in itertools.pairwise(edges):
        part = image if steps == 1 else image.crop((0, top * rows, image.width, bottom * rows))
        mean = np.stack([_averaged(part.getchannel(axis), (width, bottom - top)) for axis in range(3)], axis=-1)
        mean[np.linalg.norm(mean, axis=-1) < 1e-3] = (0, 0, 1)
        unit = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
        strips.append(np.clip(np.round((unit + 1) * 127.5), 0, 255).astype(np.uint8))
    return np.concatenate(strips)


def _averaged(plane: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) in -1..1: each pixel the mean of its box."""
    values = np.asarray(plane).astype(np.float32) / 127.5 - 1
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BOX))
