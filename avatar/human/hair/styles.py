"""The catalogue of card hairstyles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from avatar.character import HairStyle
from avatar.human.figure import F64
from avatar.human.hair.cap import Inflate, cap, under_volume
from avatar.human.hair.cards import cards
from avatar.human.hair.hairline import Hairline, Region, Roots, dome
from avatar.human.hair.mesh import HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, grow, without_strays
from avatar.human.hair.vectors import smoothstep

LONG_REACH = 0.13  # metres below the neck joint that long hair ends, at adult head size
MAX_SIDE = 0.135  # metres from the middle plane: long hair stays off the arms


@dataclass(frozen=True, slots=True)
class Style:
    """A hairstyle: hairline, cap with shells above it, layers of cards."""

    layers: tuple[Layer, ...] = ()
    hairline: Hairline = field(default_factory=Hairline)
    cap: str = "cap"
    cap_offset: float = 0.0025
    cap_tint: float = 0.62
    cap_beyond: float = 0.010  # metres the cap's soft rim reaches past the hairline
    cap_columns: int = 48
    cap_rows: int = 6
    inflate: Inflate | None = None
    shells: tuple[float, ...] = ()  # metres above the cap


def above(low: float, low_back: float) -> Region:
    """Scalp above ``low`` degrees of elevation in front and at the sides, above ``low_back`` behind."""
    return lambda r: r.elevation > np.interp(np.abs(r.azimuth), [0, 90, 180], [low, low, low_back])


def below(low: float, low_back: float) -> Region:
    """The complement of `above`."""
    return lambda r: r.elevation <= np.interp(np.abs(r.azimuth), [0, 90, 180], [low, low, low_back])


def off_rim(region: Region, metres: float) -> Region:
    """The part of a region that keeps off the edge of the hair: roots start under the cap's soft rim."""
    return lambda r: region(r) & (r.rim > metres)


def front_band(width: float, azimuth: float) -> Region:
    """Roots within ``width`` metres of the forehead's hairline."""
    return lambda r: (r.rim < width) & (np.abs(r.azimuth) < azimuth) & (r.elevation > 5)


def cut_below(height: Callable[[F64], F64]) -> Callable[[F64], NDArray[np.bool_]]:
    """Cut everything below the height of ``height(points)``."""
    return lambda points: points[..., 1] < height(points)


def short_sides(count: int = 150, low: float = 16, low_back: float = 22) -> Layer:
    """Close side and back hair of short cuts: tufts over a combed shell, shorter towards the edge."""
    inside = below(low + 6, low_back + 8)

    def length(r: Roots) -> F64:
        return (0.022 + 0.023 * smoothstep(-25, 20, r.elevation)) * (0.6 + 0.4 * smoothstep(0.006, 0.03, r.rim))

    def region(r: Roots) -> NDArray[np.bool_]:
        temple = (np.abs(r.azimuth) > 58) & (np.abs(r.azimuth) < 84)
        return inside(r) & (r.rim > np.where(temple, 0.016, 0.013))

    return Layer(
        count, length, region, Flow.DOWN, lift=0.12, flow_weight=1.0, comb_length=1.0, adhesion=1.0,
        clearance=(0.0025, 0.006), width=0.019, tiles=("short0", "short1", "short2"), segments=2, shade=(0.86, 0.98),
        chaos=0.08, round=0.10, jitter=0.2, tip_width=0.8, root_width=0.8, root_shade=0.94, spacing=1.0,
    )  # fmt: skip


def buzz(head: HeadModel) -> Style:
    """Millimetres of hair: two shells."""
    return Style(
        cap="buzz", cap_offset=0.0022, cap_tint=0.9, shells=(0.0022,), cap_beyond=0.008, cap_columns=56, cap_rows=7
    )


def crop(head: HeadModel) -> Style:
    """Short all over, tousled forward."""
    top = Layer(
        190, 0.045, above(12, 12), Flow.FORWARD, lift=0.5, flow_weight=1.0, gravity=0.35, comb_length=1.0,
        clearance=(0.005, 0.014), width=0.021, tiles=("tuft0", "short0", "short1"), segments=3, chaos=0.16,
        shade=(0.76, 1.0), jitter=0.25, root_shade=0.88, spacing=1.0,
    )  # fmt: skip
    fringe = Layer(
        34, 0.034, front_band(0.018, 48), Flow.FRINGE, lift=0.7, flow_weight=1.0, gravity=0.4, comb_length=1.0,
        adhesion=0.5, clearance=(0.006, 0.014), width=0.019, tiles=("short1", "short2", "tuft0"), segments=3,
        chaos=0.22, shade=(0.88, 1.0), jitter=0.3, root_shade=0.88, spacing=1.0,
    )  # fmt: skip
    return Style((short_sides(), top, fringe), Hairline(recession=2, sideburn=2), cap_tint=0.8, shells=(0.003,))


def side_part(head: HeadModel) -> Style:
    """Medium top combed over from a parting on the left, short sides."""
    x = 0.030 * head.scale

    def length(r: Roots) -> F64:
        return np.where(r.position[:, 0] < x, 0.045 + 0.060 * smoothstep(12, 48, r.elevation), 0.055)

    top = Layer(
        140, length, off_rim(above(10, 14), 0.006), Flow.PART, part=x,
        lift=0.35, flow_weight=1.0, gravity=0.6, adhesion=0.8, comb_length=0.12, clearance=(0.005, 0.015), width=0.028,
        tiles=("dense0", "dense1", "medium0"), segments=4, chaos=0.06, shade=(0.76, 1.0), tip_width=0.5, face_guard=50,
        root_shade=0.86,
    )  # fmt: skip
    band = front_band(0.03, 40)
    quiff = Layer(
        30, 0.095, lambda r: band(r) & (r.position[:, 0] < x), Flow.SWEEP, part=x, lift=0.9, flow_weight=1.0,
        gravity=0.4, comb_length=0.2, adhesion=0.5, bend_length=0.03, clearance=(0.010, 0.016), width=0.024,
        tiles=("medium0", "dense1"), chaos=0.06, shade=(0.90, 1.0), tip_width=0.5, face_guard=50, root_shade=0.88,
    )  # fmt: skip
    return Style(
        (short_sides(140), top, quiff), Hairline(recession=2, sideburn=3), inflate=under_volume(head, 0.003),
        cap_tint=0.8, shells=(0.003,),
    )  # fmt: skip


def parting(head: HeadModel, x: float, layer: Layer, count: int = 24) -> Layer:
    """The cards along a parting at ``x``: they cover the cap and lead the top ``layer`` away to both sides."""
    half = 0.011 * head.scale

    def region(r: Roots) -> NDArray[np.bool_]:
        along = (np.abs(r.position[:, 0] - x) < half) & (r.rim > 0.007)
        front: NDArray[np.bool_] = r.position[:, 2] > head.centre[2] - 0.03 * head.scale
        return along & front & (r.elevation > 15)

    high = layer.clearance[1] - 0.004
    return replace(
        layer, count=count, region=region, clearance=(high, high + 0.003), shade=(0.92, 1.0), root_width=0.7,
        lift=layer.lift + 0.2,
    )  # fmt: skip


def bob(head: HeadModel) -> Style:
    """To the jaw, a little shorter behind."""
    jaw = head.chin + 0.012 * head.scale

    def hem(p: F64) -> F64:
        return jaw + 0.035 * head.scale * smoothstep(0.06, -0.06, p[..., 2] - head.centre[2])

    side = below(10, 20)
    under = Layer(
        74, 0.30, lambda r: side(r) & (r.position[:, 1] > hem(r.position) + 0.02), Flow.DOWN, lift=0.1, gravity=1.0,
        clearance=(0.005, 0.010), cut=cut_below(hem), width=0.034, segments=5, shade=(0.55, 0.70), face_guard=70,
        chaos=0.03, jitter=0.0,
    )  # fmt: skip
    top = Layer(
        106, 0.36, off_rim(above(5, 12), 0.006), Flow.PART, part=0.015 * head.scale, lift=0.15, gravity=1.0,
        flow_weight=1.2, comb_length=0.08, clearance=(0.007, 0.018), cut=cut_below(hem), width=0.034, segments=8,
        shade=(0.76, 1.0), face_guard=64, chaos=0.03, jitter=0.0, spacing=1.6,
    )  # fmt: skip
    return Style(
        (under, top, parting(head, top.part, top)), cap_tint=0.6, cap_beyond=0.008, inflate=under_volume(head, 0.006)
    )


def long_straight(head: HeadModel) -> Style:
    """Parted in the middle, over back and chest."""
    end = head.neck[1] - LONG_REACH * head.scale
    cut = cut_below(lambda p: end + 0 * p[..., 0])
    under = Layer(
        58, 0.52, below(10, 20), Flow.DOWN, lift=0.1, gravity=1.0, clearance=(0.005, 0.012), cut=cut, width=0.036,
        segments=7, shade=(0.55, 0.70), face_guard=74, chaos=0.03, max_side=MAX_SIDE,
    )  # fmt: skip
    top = Layer(
        92, 0.60, off_rim(above(5, 12), 0.006), Flow.PART, lift=0.15, gravity=1.0, flow_weight=1.2, comb_length=0.08,
        clearance=(0.007, 0.019), max_side=MAX_SIDE, cut=cut, width=0.034, segments=9, shade=(0.76, 1.0),
        face_guard=66, chaos=0.03, spacing=1.6,
    )  # fmt: skip
    return Style(
        (under, top, parting(head, top.part, top)), cap_tint=0.6, cap_beyond=0.008, inflate=under_volume(head, 0.006)
    )


STYLES: dict[HairStyle, Callable[[HeadModel], Style]] = {
    HairStyle.BUZZ: buzz,
    HairStyle.CROP: crop,
    HairStyle.SIDE_PART: side_part,
    HairStyle.BOB: bob,
    HairStyle.LONG_STRAIGHT: long_straight,
}


def build(style: Style, head: HeadModel, rng: np.random.Generator) -> tuple[HairMesh, HairMesh | None]:
    """(cap with its shells, cards or None when the style has no cards)."""
    inner = dome(head, style.hairline)
    rim = dome(head, style.hairline, style.cap_beyond)
    shape = (style.cap_columns, style.cap_rows)
    caps = [cap(head, rim, style.cap, style.cap_offset, *shape, style.cap_tint, style.inflate)]
    if style.shells:
        tucked = dome(head, style.hairline, style.cap_beyond * 0.7)
        for k, height in enumerate(style.shells):
            tint = style.cap_tint + 0.10 * (k + 1)
            caps.append(cap(head, tucked, style.cap, style.cap_offset + height, *shape, tint, style.inflate))
    ribbons = []
    for layer in style.layers:
        roots = inner.roots(layer.count, layer.region, rng)
        if len(roots):
            lines, clear = without_strays(layer, head, *grow(layer, head, roots, rng))
            ribbons.append(cards(lines, clear, layer, head, rng))
    return join(caps), join(ribbons) if ribbons else None
