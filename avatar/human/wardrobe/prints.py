"""What is printed or woven in a second colour: patterns that run on across seams, and marks on the chest."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avatar.character import Logo, Pattern
from avatar.human.figure import F32, F64, U8
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.canvas import COLOUR_SIZE, Canvas, canvas, mask_image, place_at
from avatar.human.wardrobe.frame import armhole
from avatar.human.wardrobe.garments import LogoSlot, TopFit, Weave
from avatar.human.wardrobe.pattern import Pattern as Draft
from avatar.human.wardrobe.pattern import pattern as draft
from avatar.human.wardrobe.sewing_top import raglan_line

STRIPE, CHECK, PIN, DOT = 0.037, 0.034, 0.021, 0.034  # metres: periods
_SOFT = 0.0007  # half the width of a printed edge
_GLYPH = 256  # pixels of a letter's mask
_PRINTED = ("front", "back", "sleeve", "collar", "hood", "lapel", "backCollar")


@functools.lru_cache(maxsize=6)
def pattern_mask(fit: TopFit, pattern: Pattern) -> U8:
    """(1024, 1024) where a top shows its second colour, 0..255; trims are not in it."""
    c = canvas(fit.pattern, COLOUR_SIZE)
    return mask_image(c.texels, _pattern(fit, pattern, c))


@functools.lru_cache(maxsize=6)
def logo_mask(fit: TopFit, logo: Logo, initial: str) -> U8:
    """(1024, 1024) where a mark stands on the chest, 0..255."""
    c = canvas(fit.pattern, COLOUR_SIZE)
    chosen = np.flatnonzero(c.on("front"))
    at = c.place[chosen] - _slot_centre(c.pattern, fit.logo)
    at = at * np.float32(2 / (fit.logo.size * c.body.scale))  # -1..1 across the slot, up is positive
    near = np.abs(at).max(1) < 1.05
    drawn = np.zeros(len(c.at), np.float32)
    soft = 2 * c.metres_per_pixel[0] / (fit.logo.size * c.body.scale)
    drawn[chosen[near]] = _mark(logo, initial, at[near, 0], at[near, 1], soft)
    return mask_image(c.texels, drawn)


@functools.cache
def logo_rect(fit: TopFit) -> tuple[float, ...]:
    """(u0, v0, u1, v1) of the chest in the texture, v down: where clients may paint a mark of their own."""
    made = draft(fit.pattern)
    own = np.flatnonzero(made.chart == made.charts.index("front"))[0]
    corner = made.uv[own] * made.sheet - made.metric[own] * [1, -1]
    centre = corner + _slot_centre(made, fit.logo) * [1, -1]
    half = fit.logo.size * made.body.scale / 2
    rect = np.concatenate([(centre - half) / made.sheet, (centre + half) / made.sheet])
    return tuple(round(float(value), 5) for value in rect)


def initial_of(name: str) -> str:
    """The first letter or digit of a name as a plain capital; empty when it has none that the font can draw."""
    plain = unicodedata.normalize("NFKD", name).upper()
    return next((letter for letter in plain if letter.isascii() and letter.isalnum()), "")


def _slot_centre(made: Draft, slot: LogoSlot) -> F64:
    k, body = made.body.scale, made.body
    return place_at(made, "front", np.array([slot.across * k, body.bust + slot.above * k, body.neck[2] + 0.13 * k]))


def _levels(c: Canvas) -> tuple[F32, F32]:
    """Metres across and up at every texel, the same on both sides of a seam."""
    across, level = c.place[:, 0].copy(), c.place[:, 1].copy()
    body, k = c.body, c.body.scale
    for name in ("front", "back"):
        own = c.on(name)
        across[own] -= np.float32(
            place_at(c.pattern, name, np.array([0.0, body.bust, 0.13 if name == "front" else -0.1]))[0]
        )
        level[own] = c.at[own, 1]
    meeting = np.array([armhole(body), body.armpit + 0.075 * k, 0.06 * k])
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        own = c.on("sleeve" + side)
        chart = c.pattern.charts.index("sleeve" + side)
        vertices = np.flatnonzero(c.pattern.chart == chart)
        gap = ((c.pattern.position[vertices] - meeting * [sign, 1, 1]) ** 2).sum(1)
        nearest = c.pattern.position[vertices[[int(np.argmin(gap))]]].astype(np.float64)
        _, start, _ = c.arm_at(nearest)
        _, along, angle = c.sleeve(own)
        level[own] = np.float32(nearest[0, 1]) - (along - np.float32(start[0]))
        across[own] = angle * np.float32(0.058 * k)
    return across, level


def _pattern(fit: TopFit, pattern: Pattern, c: Canvas) -> F32:
    panel = c.on(*_PRINTED)
    if fit.pattern == "blazer":
        panel &= ~c.on("collar")
    trunk, sleeve = c.on("front", "back"), c.on("sleeve")
    k, body = c.body.scale, c.body
    if pattern in (Pattern.STRIPES, Pattern.BANDS, Pattern.RAGLAN):
        panel = trunk | sleeve
    across, level = _levels(c)
    drawn: F32
    match pattern:
        case Pattern.STRIPES:
            wave = np.abs((level / np.float32(STRIPE * k)) % 1 - 0.5) * np.float32(STRIPE * k)
            drawn = fabric.ramp(-_SOFT, _SOFT, wave - np.float32(0.0115 * k))
        case Pattern.BANDS:
            away = np.abs(level - np.float32(body.bust + 0.015 * k)) / np.float32(k)
            drawn = fabric.ramp(_SOFT, -_SOFT, away - np.float32(0.042))
            drawn += fabric.ramp(_SOFT, -_SOFT, np.abs(away - np.float32(0.060)) - np.float32(0.005))
        case Pattern.RAGLAN:
            over = trunk & (raglan_line(body, c.at[:, 0], c.at[:, 1]) > 0)
            drawn = (sleeve | over).astype(np.float32)
        case Pattern.CHECKS:
            wide = fit.weave is Weave.WOOL  # a windowpane on jackets, gingham elsewhere
            step = np.float32((0.055 if wide else CHECK) * k)
            lines = [np.abs((v / step) % 1 - 0.5) * step for v in (across, level)]
            if wide:
                drawn = np.float32(0.75) * np.maximum(fabric.line(lines[0], 0.0012), fabric.line(lines[1], 0.0012))
            else:
                bars = [fabric.ramp(-_SOFT, _SOFT, v - step / 4) for v in lines]
                drawn = np.float32(0.46) * bars[0] + np.float32(0.46) * bars[1]
        case Pattern.PINSTRIPES:
            drawn = fabric.line(np.abs((across / np.float32(PIN * k)) % 1 - 0.5) * np.float32(PIN * k), 0.0011)
            drawn *= np.float32(0.8)
        case Pattern.DOTS:
            step = np.float32(DOT * k)
            row = np.floor(level / (step * np.float32(0.5)))
            dx = (across / step + 0.5 * (row % 2)) % 1 - 0.5
            dy = (level / (step * np.float32(0.5))) % 1 - 0.5
            drawn = fabric.ramp(_SOFT, -_SOFT, np.hypot(dx * step, dy * step / 2) - np.float32(0.0056 * k))
        case Pattern.PLAIN:
            drawn = np.zeros(len(c.at), np.float32)
    return np.asarray(np.clip(drawn, 0, 1) * panel, np.float32)


def _mark(logo: Logo, initial: str, x: F32, y: F32, soft: float) -> F32:
    """A mark in a square from -1 to 1, y up; ``soft`` is a texel."""
    inside: F32
    match logo:
        case Logo.RING:
            inside = np.float32(0.20) - np.abs(np.hypot(x, y) - np.float32(0.72))
        case Logo.TRIANGLE:
            inside = _polygon([(0.0, 0.86), (-0.92, -0.70), (0.92, -0.70)], x, y)
        case Logo.STAR:
            turns = np.pi / 2 + np.arange(10) * np.pi / 5
            reach = np.where(np.arange(10) % 2 == 0, 0.95, 0.40)
            inside = _polygon(list(zip(np.cos(turns) * reach, np.sin(turns) * reach, strict=True)), x, y)
        case Logo.HEART:
            t = np.arange(40) * 2 * np.pi / 40
            outline = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
            inside = _polygon(list(zip(outline[0] * 0.055, outline[1] * 0.055 + 0.12, strict=True)), x, y)
        case Logo.BOLT:
            corners = [(0.12, 0.95), (-0.58, -0.14), (-0.06, -0.14), (-0.20, -0.95), (0.58, 0.22), (0.04, 0.22)]
            inside = _polygon([*corners], x, y)
        case Logo.INITIAL:
            return _glyph(initial, x, y) if initial else _mark(Logo.RING, "", x, y, soft)
        case Logo.NONE:
            return np.zeros(len(x), np.float32)
    return fabric.ramp(-soft, soft, inside)


def _polygon(corners: list[tuple[float, float]], x: F32, y: F32) -> F32:
    """Distance to the outline of a polygon, positive inside."""
    inside = np.zeros(len(x), bool)
    nearest = np.full(len(x), 9.0, np.float32)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - t * dx, y - ay - t * dy))
        if dy:
            inside ^= ((y < ay) != (y < by)) & (x < ax + (y - ay) / dy * dx)
    return np.where(inside, nearest, -nearest)


def _glyph(letter: str, x: F32, y: F32) -> F32:
    mask = _letter(letter)
    column = np.clip((x + 1) / 2 * _GLYPH, 0, _GLYPH - 1).astype(np.int32)
    row = np.clip((1 - y) / 2 * _GLYPH, 0, _GLYPH - 1).astype(np.int32)
    return mask[row, column] * (np.maximum(np.abs(x), np.abs(y)) < 1)


@functools.cache
def _letter(letter: str) -> NDArray[np.float32]:
    """(256, 256) a capital in college style: filled, as tall as the square."""
    picture = Image.new("L", (_GLYPH * 2, _GLYPH * 2), 0)
    font = ImageFont.load_default(_GLYPH * 1.5)
    ImageDraw.Draw(picture).text((_GLYPH, _GLYPH), letter, 255, font=font, anchor="mm", stroke_width=9)
    box = picture.getbbox() or (0, 0, 1, 1)
    tall = picture.crop(box)
    scale = 0.92 * _GLYPH / max(tall.size)
    size = max(1, round(tall.width * scale)), max(1, round(tall.height * scale))
    tall = tall.resize(size, Image.Resampling.LANCZOS)
    out = Image.new("L", (_GLYPH, _GLYPH), 0)
    out.paste(tall, ((_GLYPH - tall.width) // 2, (_GLYPH - tall.height) // 2))
    return np.asarray(out, np.float32) / np.float32(255)
