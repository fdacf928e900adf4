"""What the face can do: closed lips at rest, and the 72 contract morphs as displacements of the base vertices.

The 52 ARKit units come from the CC0 face units. What they leave open is mended here on the shaped face: lids that
meet exactly and never cut through the eyeball, eyeballs that turn about their own centre, and units too subtle to be
seen. What the mouth does is in `avatar.human.speech` and `avatar.human.lips`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human import landmarks
from avatar.human.bundle import bundle
from avatar.human.figure import F64, I64, Delta
from avatar.human.landmarks import EYEBALLS, smoothstep
from avatar.human.lips import dense, sparse
from avatar.human.speech import speech
from avatar.human.visemes import EXTRAS, VISEMES
from avatar.morph_names import ARKIT
from avatar.profile import AvatarStyle

CONTRACT_MORPHS: tuple[str, ...] = (*ARKIT, *VISEMES, *EXTRAS)

# Units that are right in kind but too subtle at weight 1, and one that is too broad.
_AMPLIFIED = {"cheekPuff": 1.15, "cheekSquint": 1.4, "eyeSquint": 1.5, "noseSneer": 1.5, "jawForward": 1.3}
_AMPLIFIED |= {"mouthSmile": 0.88, "mouthDimple": 1.5, "eyeLookDown": 1.25, "eyeLookUp": 1.25}

_LID_OVERLAP = 0.0004  # metres by which a closed upper lid passes the lower one
_LID_CLEARANCE = 0.0006  # metres between lids and the eye's surface
_LID_PUSH = 0.15  # of the eyeball's radius: as far as a lid may be pushed out to clear the eye


@dataclass(frozen=True, slots=True)
class EyeFit:
    """How eyes of a style turn and shut."""

    vertical: float = 18.0  # degrees that the gaze turns at weight 1
    horizontal: float = 22.0
    retract: float = 0.067  # of its radius that the eyeball yields in a blink
    cornea: float = 1.0  # share of the corneal bulge that lids must clear


EYES: Mapping[AvatarStyle, EyeFit] = {
    AvatarStyle.REALISTIC: EyeFit(),
    AvatarStyle.STYLISED: EyeFit(vertical=15.0, horizontal=20.0),
    AvatarStyle.ANIME: EyeFit(vertical=12.0, horizontal=13.0, retract=0.17, cornea=0.0),
}


# --- eyes ------------------------------------------------------------------------------------------------------------
def _across(vertices: F64, side: str, samples: int) -> F64:
    """(samples,) x positions across one eye, corners left out."""
    ends = np.sort(vertices[landmarks.lids(side).upper[[0, -1]], 0])
    return np.linspace(ends[0], ends[1], samples + 4)[2:-2]


def lid_opening(vertices: F64, side: str, samples: int = 15) -> F64:
    """(samples,) metres between the edges of the upper and the lower lid; negative where they cross."""
    upper, lower = landmarks.lid_edges(vertices, side, _across(vertices, side, samples))
    return upper - lower


def _fit_blink(vertices: F64, blink: F64, side: str) -> F64:
    """Scale an eye's closing, (19158, 3), so that the upper lid's edge ends on the lower one's all along."""
    x = _across(vertices, side, 17)
    out = blink.copy()
    upper_at_rest, _ = landmarks.lid_edges(vertices, side, x)
    _, line = landmarks.lid_edges(vertices, side, vertices[:, 0])
    span = 0.21 * landmarks.eyeball(vertices, side).radius
    upper = smoothstep(-span, span, vertices[:, 1] - line)  # the lower lid keeps its own small motion
    for _ in range(5):
        edge, lower = landmarks.lid_edges(vertices + out, side, x)
        missing = edge - lower + _LID_OVERLAP
        factor = np.clip(1 + missing / np.maximum(upper_at_rest - edge, 0.0015), 0.35, 2.0)
        factor = np.convolve(np.pad(factor, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
        out *= 1 + upper[:, None] * (np.interp(vertices[:, 0], x, factor)[:, None] - 1)
    return out


def _turned(points: F64, centre: F64, axis: int, degrees: float) -> F64:
    """Displacement of points that turn about an axis (0 = x, 1 = y) through ``centre``."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) if axis == 0 else np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    out: F64 = (points - centre) @ (matrix.T - np.eye(3))
    return out


def _gaze(name: str, side: str, fit: EyeFit) -> tuple[int, float]:
    """Axis and degrees that an eyeLook unit turns its eyeball; positive about x looks down, about y to the left."""
    outwards = 1.0 if side == "Left" else -1.0
    return {
        "eyeLookUp": (0, -fit.vertical),
        "eyeLookDown": (0, fit.vertical),
        "eyeLookIn": (1, -outwards * fit.horizontal),
        "eyeLookOut": (1, outwards * fit.horizontal),
    }[name]


def _lid_skin(vertices: F64, side: str) -> I64:
    """Skin around one eye that lies outside its ball and could be cut by it."""
    ball = landmarks.eyeball(vertices, side)
    skin = np.setdiff1d(bundle().vertices_of("body"), landmarks.socket_vertices(side))
    relative = vertices[skin] - ball.centre
    distance = np.linalg.norm(relative, axis=1)
    near = (distance < 1.7 * ball.radius) & (relative[:, 2] > -0.2 * ball.radius)
    out: I64 = skin[near]
    return out


def _push_out(points: F64, centre: F64, radius: float, gaze: F64, fit: EyeFit) -> F64:
    """Displacement of points inside the eye (plus clearance) out to its surface, at most ``_LID_PUSH`` radii."""
    relative = points - centre
    distance = np.maximum(np.linalg.norm(relative, axis=1), 1e-6)
    angle = np.arccos(np.clip(relative @ gaze / distance, -1, 1))
    push = np.clip(landmarks.eye_surface(angle, radius, fit.cornea) + _LID_CLEARANCE - distance, 0, _LID_PUSH * radius)
    out: F64 = relative / distance[:, None] * push[:, None]
    return out


def clear_eyeballs(vertices: F64, style: AvatarStyle) -> F64:
    """The same figure with the skin around the eyes off the eyeballs at rest."""
    out = vertices.copy()
    for side in EYEBALLS:
        ball = landmarks.eyeball(vertices, side)
        ids = _lid_skin(vertices, side)
        out[ids] += _push_out(out[ids], ball.centre, ball.radius, np.array([0.0, 0.0, 1.0]), EYES[style])
    return out


def _clear_of_eyeball(
    vertices: F64, unit: F64, side: str, turn: tuple[int, float] | None, retract: float, fit: EyeFit
) -> F64:
    """A unit whose lids stay outside the eyeball on the whole way, not only at its end.

    A morph moves points along a chord, so a lid that is fine open and fine closed cuts through the cornea half way.
    """
    ball = landmarks.eyeball(vertices, side)
    ids = _lid_skin(vertices, side)
    ids = ids[np.linalg.norm(unit[ids], axis=1) > 0.0005] if turn is None else ids
    out = unit.copy()
    forward = np.array([[0.0, 0.0, 1.0]])
    for weight in (1.0, 0.5):
        gaze = forward[0]
        if turn is not None:
            gaze = (forward + weight * _turned(forward, np.zeros(3), *turn))[0]
            gaze = gaze / np.linalg.norm(gaze)
        centre = ball.centre - np.array([0.0, 0.0, retract * weight])
        out[ids] += _push_out(vertices[ids] + weight * out[ids], centre, ball.radius, gaze, fit) / weight
    lids = landmarks.lids(side)
    out[lids.inner] = out[lids.inner_beside]  # the rim goes with its edge, so no ledge shows on a closed eye
    return out


# --- all together ----------------------------------------------------------------------------------------------------
def raw_units(vertices: F64) -> dict[str, Delta]:
    """The ARKit units of the source, sized to the head of (19158, 3) vertices; subtle ones amplified."""
    size = landmarks.head_scale(vertices)
    units: dict[str, Delta] = {}
    for name in ARKIT:
        stem = name.removesuffix("Left").removesuffix("Right")
        raw = bundle().target(f"arkit/{name}")
        units[name] = Delta(raw.index, raw.offset * size * _AMPLIFIED.get(stem, 1.0))
    return units


def _eye_unit(vertices: F64, name: str, side: str, raw: Delta, fit: EyeFit) -> Delta:
    unit = dense(raw)
    ball = EYEBALLS[side]
    turn: tuple[int, float] | None = None
    retract = 0.0
    if name.startswith("eyeLook"):
        turn = _gaze(name, side, fit)
        unit[ball] = _turned(vertices[ball], landmarks.eyeball(vertices, side).centre, *turn)
    elif name == "eyeBlink":
        retract = fit.retract * landmarks.eyeball(vertices, side).radius
        unit[ball] = [0.0, 0.0, -retract]
        unit = _fit_blink(vertices, unit, side)
    return sparse(_clear_of_eyeball(vertices, unit, side, turn, retract, fit))


def contract_morphs(vertices: F64, raw: Mapping[str, Delta], style: AvatarStyle) -> dict[str, Delta]:
    """Every contract morph by name, in metres, for (19158, 3) A-pose vertices whose lips are closed.

    ``raw`` are the 52 units as :func:`raw_units` gives them, carried through the style's warp where there is one.
    ``viseme_sil`` is the rest face and has no displacement.
    """
    units = dict(raw)
    for name in ARKIT:
        stem = name.removesuffix("Left").removesuffix("Right")
        if stem.startswith("eye") or stem == "cheekSquint":
            units[name] = _eye_unit(vertices, stem, name.removeprefix(stem), raw[name], EYES[style])
    return speech(vertices, units)
