"""The hair atlas: where its tiles lie, and the colour ramp that turns its painted grey into hair.

Luminance and alpha are painted once by ``tools/bake_hair.py``. In every tile v runs from the root (top) to the tip.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avatar.character import HairStyle
from avatar.human.figure import F64, U8
from avatar.human.hair.vectors import smoothstep

WIDTH, HEIGHT = 1024, 512
MARGIN = 4  # texels at both ends of a tile that no card reaches: mipmaps must not pull in what lies beyond them


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the atlas in pixels, y down."""

    x: int
    y: int
    width: int
    height: int


TILES: dict[str, Tile] = {
    "cap": Tile(0, 0, 512, 120),  # all round the head, so the texture repeats across
    "coil": Tile(512, 0, 304, 120),  # repeats across as well
    "puff0": Tile(818, 0, 100, 120),
    "puff1": Tile(922, 0, 100, 120),
    "buzz": Tile(0, 120, 512, 60),
    "curl0": Tile(2, 182, 82, 328),
    "curl1": Tile(88, 182, 82, 328),
    "curl2": Tile(174, 182, 82, 328),
    "medium0": Tile(260, 182, 60, 328),
    "medium1": Tile(324, 182, 60, 328),
    "short0": Tile(388, 182, 58, 108),
    "short1": Tile(450, 182, 58, 108),
    "short2": Tile(388, 292, 58, 108),
    "tuft0": Tile(450, 292, 58, 108),
    "beard0": Tile(388, 402, 58, 108),
    "beard1": Tile(450, 402, 58, 108),
    "sheet0": Tile(512, 122, 120, 388),  # opaque from side to side: for surfaces, not for cards
    "sheet1": Tile(636, 122, 120, 388),
    "dense0": Tile(760, 122, 72, 388),
    "dense1": Tile(836, 122, 72, 388),
    "dense2": Tile(912, 122, 66, 388),
    "wisp0": Tile(982, 122, 40, 388),
}
CLOSED = ("cap", "buzz", "coil")  # solid at the crown
EDGELESS = (*CLOSED, "sheet0", "sheet1")  # strands reach both sides


def tile_uv(name: str, s: ArrayLike, t: ArrayLike) -> F64:
    """Atlas UV (..., 2) of tile coordinates s (across, 0..1) and t (root 0 .. tip 1), inside the tile's margin."""
    tile = TILES[name]
    u = (tile.x + 1 + np.asarray(s, np.float64) * (tile.width - 2)) / WIDTH
    v = (tile.y + MARGIN + np.asarray(t, np.float64) * (tile.height - 2 * MARGIN)) / HEIGHT
    return np.stack(np.broadcast_arrays(u, v), -1)


def hex_to_srgb(colour: str) -> F64:
    """'#rrggbb' -> (3,) in 0..1."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.float64) / 255.0


_FALLING = ("cap", "sheet0", "sheet1", "dense", "wisp")
_SHORT = ("cap", "short", "tuft", "wisp")
# What each style is painted with, tiles by name or by kind. The rest stays blank: images are smaller then.
TILES_OF: dict[HairStyle, tuple[str, ...]] = {
    HairStyle.BALD: (),
    HairStyle.BUZZ: ("buzz",),
    HairStyle.CROP: (*_SHORT, "sheet1"),
    HairStyle.UNDERCUT: ("buzz", "sheet0", "dense", "wisp"),
    HairStyle.PIXIE: (*_SHORT, "sheet0", "dense0", "medium"),
    HairStyle.SIDE_PART: (*_SHORT, "sheet0", "dense0", "medium"),
    HairStyle.AFRO: ("buzz", "coil", "puff"),
    HairStyle.CURLY: ("cap", "sheet0", "sheet1", "curl"),
    HairStyle.BOB: _FALLING,
    HairStyle.BOB_BANGS: _FALLING,
    HairStyle.BUN: ("cap", "sheet1", "dense1", "wisp"),
    HairStyle.PONYTAIL: ("cap", "sheet1", "dense", "wisp"),
    HairStyle.BRAIDS: ("cap", "sheet1", "dense", "wisp"),
    HairStyle.LONG_STRAIGHT: _FALLING,
    HairStyle.LONG_BANGS: _FALLING,
    HairStyle.LONG_WAVY: _FALLING,
}
BEARD_TILES = ("buzz", "beard", "short0", "short1")


def blank(image: U8, kept: tuple[str, ...]) -> None:
    """Clear all tiles of an atlas in place but those ``kept`` by name or by kind (a name without its number)."""
    flat = np.array([*image[..., :3].reshape(-1, 3)[0], 0], np.uint8)
    for name, tile in TILES.items():
        if name not in kept and name.rstrip("0123456789") not in kept:
            image[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = flat


@dataclass(frozen=True, slots=True)
class Dye:
    """The colours of a head of hair, sRGB in 0..1."""

    base: F64  # (3,)
    highlights: F64 | None = None
    roots: F64 | None = None


def ramp(dye: Dye, luminance: U8, alpha: U8, streak: U8, rng: np.random.Generator) -> U8:
    """RGBA (H, W, 4) hair texture from the baked grey maps.

    Roots are a little darker and strands catch light towards white; both keep the mean at the base colour. A small
    seeded shift of warmth keeps two avatars of one colour from being identical. ``streak`` says which strands take
    the highlights; roots have their own colour where tiles begin.
    """
    warmth = 1.0 + np.array([0.03, 0.0, -0.03]) * rng.uniform(-1.0, 1.0)
    out = np.empty((*luminance.shape, 4), np.uint8)
    out[..., :3] = shades(np.clip(dye.base * warmth, 0.0, 1.0))[luminance]
    if dye.highlights is not None:
        _mix(out, shades(dye.highlights)[luminance], streak.astype(np.float32) / np.float32(255))
    if dye.roots is not None:
        ragged = (luminance.astype(np.float32) - 128) / 900
        _mix(
            out, shades(dye.roots)[luminance], np.asarray(smoothstep(0.62, 0.38, root_distance() + ragged), np.float32)
        )
    out[..., 3] = alpha
    return out


def shades(colour: F64) -> U8:
    """(256, 3) what each grey of the painted strands becomes."""
    grey = np.arange(256) / 255.0
    level = 0.34 + 1.39 * grey  # the painter's mean grey .51 -> 1.05, since cards also carry a tint below 1
    glint = 0.08 * smoothstep(0.50, 0.80, grey)[:, None]  # strands of black hair would vanish in each other
    table = np.clip(colour * level[:, None] + glint * (0.5 + 0.5 * colour), 0.0, 1.0)
    shaded: U8 = np.clip(table * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return shaded


ROOTED = {
    "cap": 0.75,
    "sheet": 0.16,
    "dense": 0.16,
    "wisp": 0.16,
    "medium": 0.2,
    "curl": 0.16,
    "short": 0.3,
    "tuft": 0.3,
}


@lru_cache(maxsize=1)
def root_distance() -> NDArray[np.float32]:
    """(HEIGHT, WIDTH) 0 at the scalp, 1 where hair is no longer root; caps have their roots along the rim."""
    out = np.ones((HEIGHT, WIDTH), np.float32)
    for name, tile in TILES.items():
        reach = ROOTED.get(name.rstrip("0123456789"))
        if reach is not None:
            t = np.linspace(0, 1, tile.height, dtype=np.float32)[:, None]
            along = (1 - t) / reach if name == "cap" else t / (2 * reach)
            out[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = np.minimum(along, 1)
    return out


def _mix(image: U8, other: U8, share: NDArray[np.float32]) -> None:
    blended = image[..., :3] + (other.astype(np.float32) - image[..., :3]) * share[..., None]
    image[..., :3] = (blended + 0.5).astype(np.uint8)
