"""Eyeballs: sclera and corneal bulge in one mesh, a painted iris, and gaze morphs that agree with the lids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter1d, map_coordinates

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F64, I64, U8, Figure, Material, Part
from avatar.profile import AvatarStyle

HELPERS = {"Left": slice(14598, 14670), "Right": slice(14670, 14742)}  # hm08's eye spheres
SIDES = ("Left", "Right")

SOURCE_RADIUS = 0.01495  # metres, of the un-morphed helper sphere; sizes below are given for it
INSET = 0.985  # the ball is a little smaller than the helper, so lids never z-fight with it
BULGE_EDGE = 1.12  # where the cornea meets the sclera, in iris angles
IRIS_UV = 0.62  # radius of the iris in the texture, of half the image
SIZE = 512

GAZE_LIMITS = (12.0, 22.0)  # degrees a gaze morph turns the ball at weight 1
GAZE_DEFAULT = 14.0
CORNEA_SPECULAR = 0.63  # a refractive index of 1.376 reflects 2.5 %, glTF's default 4 %; else dark irises look grey
BLINK_RETRACT = 0.0010  # metres at source size: lids move on a chord, so the ball steps back under them
GAZES = ("eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")

# angles of the vertex rings from the pupil outwards, in iris angles
RINGS = (0.18, 0.40, 0.62, 0.80, 0.92, 1.0, 1.10, 1.28, 1.55, 1.95, 2.6, 3.6)
AROUND = 18


@dataclass(frozen=True, slots=True)
class Eyeball:
    """A fitted eye."""

    centre: F64  # (3,) metres
    radius: float  # metres, of the helper sphere
    iris_angle: float  # radians from the pupil to the rim of the iris
    bulge: float  # height of the cornea over the ball, in radii

    def reach(self, directions: F64) -> F64:
        """Distance from the centre to the surface of the ball or cornea along unit ``directions`` (n, 3), metres."""
        theta = np.arccos(np.clip(directions[:, 2], -1, 1)) / self.iris_angle
        cornea = self.bulge * np.clip(1 - (theta / BULGE_EDGE) ** 2, 0, 1) ** 1.25
        return np.asarray(self.radius * (INSET + cornea))


@dataclass(frozen=True, slots=True)
class EyeLook:
    """How the eye is painted. Colours are sRGB."""

    inner: F64
    outer: F64
    sclera: F64
    limbal: float  # strength of the dark rim
    iris_mm: float  # radius of the iris on a ball of 14.95 mm
    pupil: float  # of the iris radius
    veins: float
    highlight: float  # painted catch light on top of the reflection
    detail: float  # strength of the fibres
    bulge: float
    seed: int


def fit_sphere(points: F64) -> tuple[F64, float]:
    """Least-squares sphere through (n, 3) points: (centre, radius)."""
    design = np.c_[2 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(design, (points**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def eye_look(character: CharacterDescription) -> EyeLook:
    """Iris colours around the described one; fair eyes get a warm ring at the pupil, dark ones a lighter outside."""
    rng = np.random.default_rng([character.seed, 0xE1E])
    colour = np.array([int(character.eyes.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    fairness = float(np.clip((colour.max() - 0.25) / 0.35, 0, 1))
    brown = float(np.clip((colour[0] - colour[2]) / 0.18, 0, 1))
    amber = np.array([0.56, 0.44, 0.26])
    inner_fair = colour * 0.5 + amber * 0.5
    inner_brown = np.clip(colour * 1.3 + np.array([0.03, 0.015, 0.0]), 0, 0.8)
    inner = (inner_fair * fairness + np.clip(colour * 1.5 + 0.02, 0, 1) * (1 - fairness)) * (1 - brown)
    inner = inner + inner_brown * brown
    tone = character.skin.tone
    sclera = np.array([0.90, 0.875, 0.85]) - np.array([0.035, 0.04, 0.055]) * tone
    old = float(np.clip((character.body.age - 45) / 40, 0, 1))
    young = float(np.clip((16 - character.body.age) / 8, 0, 1))
    if character.style is AvatarStyle.REALISTIC:
        # light falls on the iris unshaded by the brow in most viewers: keep it a little darker and greyer than named
        grey = colour * 0.86 + 0.10 * colour.mean() - 0.03
        return EyeLook(
            inner * 0.9, np.clip(grey, 0, 1), sclera - np.array([0.02, 0.03, 0.06]) * old, 0.75 - 0.25 * old,
            5.9 + 0.25 * young, 0.36 - 0.04 * old + float(rng.normal(0, 0.012)), 0.4 + 0.25 * old - 0.3 * young,
            0.35, 1.0, 0.072, character.seed,
        )  # fmt: skip
    bright = np.array([0.93, 0.92, 0.91])
    vivid = np.clip(colour * 1.1 + 0.02, 0, 1)
    if character.style is AvatarStyle.STYLISED:
        return EyeLook(inner, vivid, bright, 0.8, 6.8, 0.43, 0.0, 0.9, 0.45, 0.05, character.seed)
    return EyeLook(vivid * 1.15, vivid, bright + 0.04, 0.85, 8.0, 0.40, 0.0, 1.0, 0.0, 0.03, character.seed)


def fit_eye(figure: Figure, side: str) -> Eyeball:
    """The ball inside the lids of one side (``Left`` or ``Right``)."""
    centre, radius = fit_sphere(figure.vertices[HELPERS[side]])
    look = eye_look(figure.character)
    return Eyeball(centre, radius, float(np.arcsin(look.iris_mm / (SOURCE_RADIUS * 1000))), look.bulge)


# --------------------------------------------------------------------------------------------------------- painting
def _step(low: F64 | float, high: F64 | float, x: F64) -> F64:
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _veins(look: EyeLook, rng: np.random.Generator) -> F64:
    """Opacity of fine blood vessels creeping in from the rim of the texture, (SIZE, SIZE)."""
    image = Image.new("L", (SIZE * 2, SIZE * 2), 0)
    draw = ImageDraw.Draw(image)
    for _ in range(int(46 * look.veins) + 6):
        turn = rng.uniform(0, 2 * np.pi)
        at = np.array([np.cos(turn), np.sin(turn)]) * rng.uniform(0.96, 1.0)
        step, drift, shade = rng.uniform(0.008, 0.014), rng.normal(0, 0.35), rng.uniform(60, 200)
        heading = turn + np.pi + rng.normal(0, 0.3)
        for k in range(int(rng.integers(12, 34))):
            heading += rng.normal(0, 0.38) + drift * 0.05
            to = at + step * np.array([np.cos(heading), np.sin(heading)])
            if np.hypot(to[0], to[1]) < IRIS_UV * 1.08:
                break
            line = [*((at + 1) * SIZE).tolist(), *((to + 1) * SIZE).tolist()]
            draw.line(line, fill=int(shade * (1 - k / 36)), width=2 if k < 10 else 1)
            at = to
    blurred = image.filter(ImageFilter.GaussianBlur(1.1)).resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(blurred, np.float64) / 255


def paint_eye(look: EyeLook) -> U8:
    """The eye seen from the front, (512, 512, 3) sRGB: the pupil in the middle, the iris edge at ``IRIS_UV``."""
    rng = np.random.default_rng([look.seed, 3])
    y, x = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE * 2 - 1
    r, theta = np.hypot(x, y) / IRIS_UV, np.arctan2(y, x)
    # the white is pinker and darker towards the back
    white = look.sclera * (1 - _step(1.15, 1.62, r)[..., None] * np.array([0.10, 0.17, 0.18]))
    if look.veins > 0:
        veins = _veins(look, rng)[..., None] * 0.75 * look.veins
        white = white * (1 - veins) + np.array([0.66, 0.20, 0.17]) * veins
    # fibres: three angular noises; the collarette divides the inner colour from the outer one
    count = 1440

    def fibres(sigma: float, at: F64) -> F64:
        noise = gaussian_filter1d(rng.standard_normal(count), sigma, mode="wrap")
        return np.asarray(map_coordinates(noise / noise.std(), [at], order=1, mode="grid-wrap"))

    swirl = theta + 0.025 * np.sin(r * 7 + 3 * np.sin(theta * 3))
    turn = (swirl / (2 * np.pi) % 1) * count
    fine, middle, wide = fibres(1.6, turn), fibres(5, turn + 3 * np.sin(r * 5)), fibres(16, turn)
    collarette = 0.54 + 0.035 * wide
    t = _step(collarette - 0.10, collarette + 0.16, r)[..., None]
    iris = look.inner * (1 - t) + look.outer * t
    ring = np.exp(-(((r - collarette - 0.04) / 0.05) ** 2))
    light = 1 + look.detail * (0.16 * fine * _step(0.3, 0.55, r) + 0.13 * middle + 0.20 * ring)
    crypts = np.clip(-middle - 0.7, 0, 1) * np.exp(-(((r - 0.66) / 0.12) ** 2))
    light *= 1 - 0.5 * look.detail * crypts
    # lit from above through the cornea: dark under the lid, glowing below
    light *= 1 + 0.22 * _step(-0.5, 0.8, y / IRIS_UV) - 0.38 * _step(0.1, -0.9, y / IRIS_UV)
    iris = iris * light[..., None]
    iris *= 1 - (_step(0.80, 0.985, r) * look.limbal)[..., None] * np.array([0.80, 0.76, 0.70])
    soft = 0.02 + 0.015 * look.detail
    pupil = _step(look.pupil + soft, look.pupil - soft, r * (1 + 0.01 * fine * look.detail))[..., None]
    iris = iris * (1 - pupil) + np.array([0.012, 0.010, 0.010]) * pupil
    inside = _step(1.0 + soft * 1.6, 1.0 - soft * 1.2, r)[..., None]
    out = white * (1 - inside) + iris * inside

    def spot(cx: float, cy: float, rx: float, ry: float) -> F64:
        return _step(1.25, 0.75, np.hypot((x / IRIS_UV - cx) / rx, (y / IRIS_UV - cy) / ry))

    glint = np.maximum(spot(-0.30, -0.36, 0.15, 0.17), 0.45 * spot(0.34, 0.40, 0.07, 0.07))[..., None] * look.highlight
    out = out * (1 - glint) + glint
    return np.asarray(np.round(np.clip(out, 0, 1) * 255), np.uint8)


# --------------------------------------------------------------------------------------------------------- geometry
def _ball() -> tuple[F64, F64, I64]:
    """Ring angles and turns (n, 2), and triangles (t, 3): a fan at the pupil and rings behind it."""
    turns = np.arange(AROUND) / AROUND * 2 * np.pi
    polar = np.array([[0.0, 0.0], *((a, q) for a in RINGS for q in turns)])
    radius = np.minimum(polar[:, 0] * IRIS_UV, 0.985 + 0.01 * (polar[:, 0] > 1.6))
    uv = np.c_[0.5 + 0.5 * radius * np.cos(polar[:, 1]), 0.5 - 0.5 * radius * np.sin(polar[:, 1])]
    k = np.arange(AROUND)
    nearer = 1 + np.arange(len(RINGS) - 1)[:, None] * AROUND
    a, b = nearer + k, nearer + (k + 1) % AROUND
    fan = np.c_[np.zeros(AROUND, np.int64), 1 + k, 1 + (k + 1) % AROUND]
    strips = [np.stack([a, a + AROUND, b + AROUND], -1), np.stack([a, b + AROUND, b], -1)]
    return polar, uv, np.concatenate([fan, *(s.reshape(-1, 3) for s in strips)])


def gaze_degrees(figure: Figure, name: str, side: str) -> float:
    """How far the figure's own eye helper turns in a gaze morph (Kabsch fit), kept within ``GAZE_LIMITS``."""
    delta = figure.morphs.get(f"{name}{side}")
    rest = figure.vertices[HELPERS[side]]
    moved = rest.copy()
    if delta is not None:
        inside = (delta.index >= HELPERS[side].start) & (delta.index < HELPERS[side].stop)
        moved[delta.index[inside] - HELPERS[side].start] += delta.offset[inside]
    if np.abs(moved - rest).max() < 1e-6:
        return GAZE_DEFAULT
    u, _, vt = np.linalg.svd((rest - rest.mean(0)).T @ (moved - moved.mean(0)))
    rotation = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ u.T
    degrees = float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))
    return float(np.clip(degrees, *GAZE_LIMITS))


def _turn(axis: int, degrees: float) -> F64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == 0:
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


@dataclass(frozen=True, slots=True)
class Motion:
    """What a morph does to one ball at weight 1: a turn about its centre, then a shift."""

    rotation: F64  # (3, 3)
    shift: F64  # (3,) metres

    def of(self, local: F64) -> F64:
        """Displacement of points (n, 3) given around the centre."""
        return np.asarray(local @ self.rotation.T - local + self.shift)


def eye_motions(figure: Figure, side: str, eye: Eyeball) -> dict[str, Motion]:
    """Every morph that moves one ball: gaze turns it, and it steps back when the lids shut."""
    outward = 1.0 if side == "Left" else -1.0
    out: dict[str, Motion] = {}
    for name, axis, sign in (
        ("eyeLookUp", 0, -1.0),
        ("eyeLookDown", 0, 1.0),
        ("eyeLookIn", 1, -outward),
        ("eyeLookOut", 1, outward),
    ):
        if f"{name}{side}" in figure.morphs:
            out[f"{name}{side}"] = Motion(_turn(axis, sign * gaze_degrees(figure, name, side)), np.zeros(3))
    for both, single in (("eyesLookUp", "eyeLookUp"), ("eyesLookDown", "eyeLookDown")):
        if both in figure.morphs and f"{single}{side}" in out:
            out[both] = out[f"{single}{side}"]
    back = Motion(np.eye(3), np.array([0, 0, -BLINK_RETRACT * eye.radius / SOURCE_RADIUS]))
    out |= {name: back for name in (f"eyeBlink{side}", "eyesClosed") if name in figure.morphs}
    return out


def eye_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Eye``, for both eyes."""
    look = eye_look(character)
    flat = character.style is AvatarStyle.ANIME
    material = Material(name="Wolf3D_Eye", roughness=0.35 if flat else 0.06, specular=CORNEA_SPECULAR)
    return Coat(material, {Slot.COLOUR: Paint(paint_key("eye", look), lambda: paint_eye(look))})


def eye_parts(figure: Figure) -> list[Part]:
    """``EyeLeft`` and ``EyeRight``: 414 triangles each, wholly on the eye joints, one shared painted material."""
    material = eye_coat(figure.character).painted()
    polar, uv, triangles = _ball()
    parts = []
    for side in SIDES:
        eye = fit_eye(figure, side)
        angle = polar[:, 0] * eye.iris_angle
        directions = np.c_[np.sin(angle) * np.cos(polar[:, 1]), np.sin(angle) * np.sin(polar[:, 1]), np.cos(angle)]
        local = directions * eye.reach(directions)[:, None]
        weights = np.zeros((len(local), len(figure.joint_names)), np.float32)
        weights[:, figure.joint_names.index(f"{side}Eye")] = 1
        parts.append(
            Part(
                node=f"Eye{side}",
                material=material,
                positions=eye.centre + local,
                normals=surface_normals(local, triangles),
                uv=uv,
                triangles=triangles,
                weights=weights,
                morphs={name: motion.of(local) for name, motion in eye_motions(figure, side, eye).items()},
            )
        )
    return parts


def surface_normals(positions: F64, triangles: I64) -> F64:
    """Area-weighted unit vertex normals (n, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)
    out = np.empty_like(positions)
    for k in range(3):
        out[:, k] = np.bincount(triangles.ravel(), np.repeat(area[:, k], 3), len(positions))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.where(length < 1e-14, [0.0, 0.0, 1.0], out / np.maximum(length, 1e-14))
