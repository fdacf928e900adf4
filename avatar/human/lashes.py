"""Eyelashes and the shadow of the lids on the eyeballs: one blended part that follows the lids.

The shadow is a thin strip over the ball just inside each lid margin. It does not turn with the gaze, as shading painted
on the ball would, and gives the eye its dark wet edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.eyes import SIDES, SOURCE_RADIUS, Eyeball, Motion, eye_motions, fit_eye
from avatar.human.figure import F64, I64, U8, AlphaMode, Figure, Material, Part
from avatar.human.skin.maps import landmarks
from avatar.human.skin.palette import hex_to_srgb
from avatar.profile import AvatarStyle

WIDTH, HEIGHT = 512, 256
UPPER, LOWER, SHADOW = (0, 128), (128, 192), (192, 256)  # rows of the texture
LASH_COLUMNS, SHADOW_COLUMNS = 15, 13
SHADOW_ROWS = np.array([-0.25, 0.25, 1.0])  # of its depth from the lid margin
SHADOW_LIFT = 0.00022  # metres over the ball, at source size
MOVERS = ("eye", "cheekSquint")  # morphs whose names begin so move lids


@dataclass(frozen=True, slots=True)
class LashLook:
    """Lengths in metres at source size; colour sRGB."""

    length: float
    lower_length: float
    thick: float
    root: float  # depth of the solid line at the roots, of the strip
    count: int  # upper lashes
    colour: F64
    shadow: float  # opacity of the lid shadow
    seed: int


def lash_look(character: CharacterDescription) -> LashLook:
    """Longer and thicker with make-up and on drawn faces, shorter on men, browner with fair hair."""
    made_up, masculine = character.skin.make_up, character.body.gender
    style = character.style
    hair = hex_to_srgb(character.hair.colour)
    fair = float(np.clip((hair.mean() - 0.3) / 0.4, 0, 1)) * (1 - made_up) * (0.4 if masculine < 0.5 else 1.0)
    drawn = {AvatarStyle.REALISTIC: 0.0, AvatarStyle.STYLISED: 0.6, AvatarStyle.ANIME: 1.0}[style]
    fair *= 1 - 0.8 * drawn
    return LashLook(
        length=(0.0066 - 0.0012 * masculine) * (1 + 0.18 * made_up),
        lower_length=0.0034 * (1 - 0.2 * masculine) * (1 - 0.45 * drawn),
        thick=(2.3 - 0.9 * masculine) * (1 + 0.2 * made_up + 1.1 * drawn),
        root=0.20 - 0.07 * masculine + 0.06 * made_up + 0.34 * drawn * (1 - 0.3 * masculine),
        count=round(92 * (1 - 0.6 * drawn)),
        colour=np.array([0.035, 0.024, 0.02]) * (1 - fair) + np.array([0.23, 0.15, 0.10]) * fair,
        shadow=0.62 - 0.22 * drawn,
        seed=character.seed,
    )


def paint_lashes(look: LashLook) -> U8:
    """(256, 512, 4) sRGB and opacity: upper lashes, lower lashes (roots at the bottom), shadow (lid at the top)."""
    rng = np.random.default_rng([look.seed, 5])
    scale = 3
    image = Image.new("L", (WIDTH * scale, SHADOW[0] * scale), 0)
    draw = ImageDraw.Draw(image)
    for (top, bottom), count, weight in ((UPPER, look.count, 1.0), (LOWER, look.count // 2, 0.62)):
        height, y0 = (bottom - top) * scale, bottom * scale
        u = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count
        clump = np.repeat(rng.normal(0, 1.0, count // 3 + 1), 3)[:count]
        length = height * rng.uniform(0.62, 0.97, count)
        lean = ((u - 0.45) * 26 + clump * 4 - ((np.arange(count) % 3) - 1) * 2.2) * scale
        steps = 7
        x, y = u * WIDTH * scale, np.full(count, float(y0))
        for s in range(1, steps + 1):
            f = s / steps
            nx, ny = u * WIDTH * scale + lean * f**1.5, y0 - length * f
            width = max(1, round(scale * 4.4 * look.thick * weight * (1 - 0.82 * f)))
            for line in np.c_[x, y, nx, ny].tolist():
                draw.line(line, fill=int(255 * (1 - 0.2 * f)), width=width)
            x, y = nx, ny
    hairs = np.asarray(image.resize((WIDTH, SHADOW[0]), Image.Resampling.BOX), np.float64)
    alpha = np.zeros((HEIGHT, WIDTH))
    alpha[: SHADOW[0]] = hairs
    for (top, bottom), strength in ((UPPER, 1.0), (LOWER, 0.35)):
        rows = (np.arange(top, bottom) - top) / (bottom - top)
        root = np.clip((rows - (1 - look.root)) / (0.5 * look.root), 0, 1)[:, None] * strength * 255
        np.maximum(alpha[top:bottom], root, out=alpha[top:bottom])
    across = np.linspace(0, 1, WIDTH)
    alpha[: SHADOW[0]] *= np.clip(np.minimum(across, 1 - across) * 14, 0, 1)
    depth = (np.arange(SHADOW[1] - SHADOW[0]) + 0.5)[:, None] / (SHADOW[1] - SHADOW[0])
    fade = (1 - depth) ** 2 * (1 + 2 * depth)
    alpha[SHADOW[0] :] = 255 * look.shadow * fade**1.6 * np.clip(np.sin(np.pi * across) * 6, 0, 1)
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    out[..., :3] = np.round(look.colour * 255)
    out[SHADOW[0] :, :, :3] = (38, 14, 10)
    out[..., 3] = np.clip(alpha, 0, 255)
    return out


@dataclass(frozen=True, slots=True)
class Margin:
    """Evenly spaced points on a lid margin, as places between base vertices."""

    a: I64
    b: I64
    t: F64  # (n, 1)

    def take(self, field: F64) -> F64:
        """Interpolate a field over the base vertices, (n, 3)."""
        return np.asarray(field[self.a] * (1 - self.t) + field[self.b] * self.t)


def resample(ids: I64, vertices: F64, count: int) -> Margin:
    """``count`` points evenly spaced by length along the polyline of base vertices ``ids``."""
    points = vertices[ids]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], count)
    k = np.clip(np.searchsorted(length, wanted, side="right") - 1, 0, len(ids) - 2)
    return Margin(ids[k], ids[k + 1], ((wanted - length[k]) / np.maximum(length[k + 1] - length[k], 1e-9))[:, None])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of vertices with its morphs."""

    positions: F64
    normals: F64
    uv: F64
    triangles: I64
    morphs: Mapping[str, F64]


def _grid(rows: int, columns: int) -> I64:
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([a, a + columns, a + columns + 1], -1)
    upper = np.stack([a, a + columns + 1, a + 1], -1)
    return np.concatenate([lower, upper])


def _onto(points: F64, eye: Eyeball, motion: Motion | None = None) -> F64:
    """Points moved along the radius to just over the ball and cornea, which a morph may have turned or shifted."""
    centre = eye.centre if motion is None else eye.centre + motion.shift
    away = points - centre
    away = away / np.linalg.norm(away, axis=1, keepdims=True)
    lift = SHADOW_LIFT * eye.radius / SOURCE_RADIUS
    reach = eye.reach(away if motion is None else away @ motion.rotation)
    return np.asarray(centre + away * (reach + lift)[:, None])


def _outward(points: F64, eye: Eyeball) -> F64:
    away = points - eye.centre
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))


def _shadow(
    ids: I64, upper: bool, eye: Eyeball, motions: Mapping[str, Motion], vertices: F64, fields: Mapping[str, F64]
) -> Sheet:
    """Shadow of one lid on the ball."""
    size = eye.radius / SOURCE_RADIUS
    margin = resample(ids, vertices, SHADOW_COLUMNS)
    root = margin.take(vertices)
    t = np.linspace(0, 1, SHADOW_COLUMNS)
    fade = np.sqrt(np.sin(np.pi * t))[:, None]
    step = np.array([0, -0.0050 if upper else 0.0022, 0]) * size * fade
    flat = np.concatenate([root + step * f for f in SHADOW_ROWS])
    rest = _onto(flat, eye)
    v = (SHADOW[0] + 1 + (np.clip(SHADOW_ROWS, 0, 1) * (SHADOW[1] - SHADOW[0] - 2))) / HEIGHT
    uv = np.c_[np.tile(t, len(SHADOW_ROWS)), np.repeat(v, SHADOW_COLUMNS)]
    morphs = {}
    for name, field in fields.items():
        moved = np.tile(margin.take(field), (len(SHADOW_ROWS), 1))
        morphs[name] = _onto(flat + moved, eye, motions.get(name)) - rest
    return Sheet(rest, _outward(rest, eye), uv, _grid(len(SHADOW_ROWS), SHADOW_COLUMNS), morphs)


def _lashes(
    ids: I64, upper: bool, side: str, eye: Eyeball, look: LashLook, vertices: F64, fields: Mapping[str, F64]
) -> Sheet:
    """One row of lashes, fanned outwards and curled; it pitches down with a closing lid."""
    size = eye.radius / SOURCE_RADIUS
    rows = 4 if upper else 3
    margin = resample(ids, vertices, LASH_COLUMNS)
    root = margin.take(vertices)
    outward = _outward(root, eye)
    t = np.linspace(0, 1, LASH_COLUMNS)
    fan = np.array([1.0 if side == "Left" else -1.0, 0, 0]) * ((t - 0.42) * 0.85)[:, None]
    length = (look.length if upper else look.lower_length) * size
    lengths = length * np.interp(t, [0, 0.12, 0.55, 0.85, 1], [0.35, 0.65, 0.95, 1.1, 0.8])[:, None]
    steps, v = [], []
    top, bottom = UPPER if upper else LOWER
    for k in range(rows):
        f = k / (rows - 1)
        rise = 0.74 * f * f + 0.02 * f if upper else -0.55 * f - 0.15 * f * f
        steps.append(lengths * (np.array([0, 1.0, 0]) * rise + (outward * [0.6, 0.15, 1] + fan * f) * f * 0.78))
        v.append((bottom - 0.5 - f * (bottom - top - 2)) / HEIGHT)
    step = np.concatenate(steps)
    base = np.tile(root, (rows, 1))
    uv = np.c_[np.tile(t, rows), np.repeat(v, LASH_COLUMNS)]
    morphs = {}
    for name, field in fields.items():
        moved = np.tile(margin.take(field), (rows, 1))
        pitch = np.clip(-moved[:, 1] / (0.010 * size), -0.6, 1.2) * np.radians(62) * upper
        c, s = np.cos(pitch), np.sin(pitch)
        turned = np.c_[step[:, 0], step[:, 1] * c - step[:, 2] * s, step[:, 1] * s + step[:, 2] * c]
        morphs[name] = moved + turned - step
    return Sheet(base + step, np.tile(outward, (rows, 1)), uv, _grid(rows, LASH_COLUMNS), morphs)


def lash_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Lashes``, the shadow of the lids included."""
    look = lash_look(character)
    material = Material(
        name="Wolf3D_Lashes",
        roughness=0.9,
        alpha=AlphaMode.BLEND,
        double_sided=True,
        specular=0.2,  # hair this thin has no sheen; with one it pales against the skin
    )
    return Coat(material, {Slot.COLOUR: Paint(paint_key("lashes", look), lambda: paint_lashes(look))})


def lash_parts(figure: Figure) -> list[Part]:
    """``Wolf3D_Lashes``: lid shadows first, then lower and upper lashes, wholly on the head joint."""
    look = lash_look(figure.character)
    fields = {}
    for name, delta in figure.morphs.items():
        if name.startswith(MOVERS):
            fields[name] = np.zeros_like(figure.vertices)
            fields[name][delta.index] = delta.offset
    sheets: list[Sheet] = []
    eyes = {side: fit_eye(figure, side) for side in SIDES}
    marks = landmarks()
    for side, eye in eyes.items():
        motions = eye_motions(figure, side, eye)
        for which in ("upper", "lower"):
            ids = marks.lids[side.lower(), which]
            sheets.append(_shadow(ids, which == "upper", eye, motions, figure.vertices, fields))
    for which in ("lower", "upper"):
        for side, eye in eyes.items():
            ids = marks.lash_lines[side.lower(), which]
            sheets.append(_lashes(ids, which == "upper", side, eye, look, figure.vertices, fields))
    positions = np.concatenate([s.positions for s in sheets])
    starts = np.cumsum([0, *(len(s.positions) for s in sheets)])
    weights = np.zeros((len(positions), len(figure.joint_names)), np.float32)
    weights[:, figure.joint_names.index("Head")] = 1
    morphs = {}
    for name in fields:
        moved = np.concatenate([s.morphs[name] for s in sheets])
        if np.abs(moved).max() > 2e-6:
            morphs[name] = moved
    return [
        Part(
            node="Wolf3D_Lashes",
            material=lash_coat(figure.character).painted(),
            positions=positions,
            normals=np.concatenate([s.normals for s in sheets]),
            uv=np.concatenate([s.uv for s in sheets]),
            triangles=np.concatenate([s.triangles + start for s, start in zip(sheets, starts, strict=False)]),
            weights=weights,
            morphs=morphs,
        )
    ]
