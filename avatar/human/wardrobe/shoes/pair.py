"""Both shoes on a figure: lofted over its feet, carried by their joints, and the skin that they hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.human.figure import F32, F64, I64, Figure, Part
from avatar.human.wardrobe.frame import SIDES, Dummy
from avatar.human.wardrobe.mesh import smoothstep, vertex_normals
from avatar.human.wardrobe.shoes.coat import NODE, shoe_coat
from avatar.human.wardrobe.shoes.foot import FOOT_PARTS, Foot, measure
from avatar.human.wardrobe.shoes.last import SHOES, Loft, loft
from avatar.human.wardrobe.shoes.pieces import Piece, pieces
from avatar.human.wardrobe.surface import Surface, surface

NEAR_RIM, NEAR_LOW_RIM = 0.017, 0.024  # metres under the rim of a high or low shoe within which skin is still drawn
LOW = 0.003  # metres: rims nearer to the skin are those of low shoes
_BEFORE = 0.35  # metres: skin this far from the ankle is no longer looked at


def top_of(made: Loft) -> float:
    """Up to where an instep holds a trouser leg off, metres."""
    return made.foot.ankle + 0.03 * made.foot.scale


@dataclass(frozen=True, slots=True)
class Pair:
    """Two shoes, and what other clothes have to know of them."""

    part: Part
    hidden: NDArray[np.bool_]  # (19158,) base vertices that need no skin
    outside: dict[str, F64]  # side -> (n, 3) points of the upper that a trouser leg has to clear
    top: float  # height of the rim: trousers end inside a shaft, or hang over a shoe
    shafts: dict[str, F64]  # side -> (2, n, 3) the two upper rings of a shaft; empty when there is none


def shoes(figure: Figure, dummy: Dummy) -> Pair:
    """The character's footwear as one part."""
    footwear = figure.character.outfit.footwear
    fit = SHOES[footwear.kind]
    positions: list[F64] = []
    normals: list[F64] = []
    uv: list[F64] = []
    weights: list[F32] = []
    faces: list[I64] = []
    hidden = np.zeros(len(figure.vertices), bool)
    outside: dict[str, F64] = {}
    shafts: dict[str, F64] = {}
    top, count = 0.0, 0
    for side, sign in SIDES:
        foot, axes = measure(figure, dummy, side, sign)
        ground = figure.joints[f"{side}Foot"] * [1.0, 0.0, 1.0]
        skin, skin_weights = skin_of_foot(figure, dummy, side, ground, axes)
        made = loft(foot, fit, skin)
        for piece in pieces(made):
            own = piece.triangles if sign > 0 else piece.triangles[:, ::-1]
            place = ground + piece.points @ axes
            faces.append(own + count)
            count += len(piece.source)
            positions.append(place[piece.source])
            normals.append(vertex_normals(place, piece.source[own])[piece.source])
            uv.append(piece.uv)
            weights.append(_weights(figure, dummy, side, axes, foot, piece, skin, skin_weights)[piece.source])
        instep = skin.points[(skin.points[:, 1] < top_of(made)) & (skin.points[:, 2] > made.foot.z(np.array([0.3]))[0])]
        outside[side] = ground + np.vstack([made.upper[1 : made.rim + 1].reshape(-1, 3), instep]) @ axes
        if fit.shaft:
            shafts[side] = ground + made.upper[made.rim - 1 : made.rim + 1] @ axes
        top = max(top, float(made.upper[made.rim, :, 1].max()))
        hidden |= _hides(figure, dummy, side, ground, axes, made)
    part = Part(
        node=NODE, material=shoe_coat(footwear).painted(), positions=np.vstack(positions), normals=np.vstack(normals),
        uv=np.vstack(uv), triangles=np.vstack(faces), weights=np.vstack(weights),
    )  # fmt: skip
    return Pair(part, hidden, outside, top, shafts)


def skin_of_foot(figure: Figure, dummy: Dummy, side: str, ground: F64, axes: F64) -> tuple[Surface, F32]:
    """The skin of one foot and shin in the foot's axes, and its weights."""
    points = (dummy.skin.points - ground) @ axes.T
    sign = 1.0 if side == "Left" else -1.0
    near = (dummy.skin.points[:, 1] < _BEFORE * dummy.frame.scale + 0.05) & (dummy.skin.points[:, 0] * sign > 0)
    base = cKDTree(figure.vertices).query(dummy.skin.points[near])[1]
    return surface(points[near], dummy.skin.normals[near] @ axes.T), figure.weights[base]


def _weights(
    figure: Figure, dummy: Dummy, side: str, axes: F64, foot: Foot, piece: Piece, skin: Surface, skin_weights: F32
) -> F32:
    """The sole bends at the ball; the rim and what is above it moves as the skin inside."""
    k = foot.scale
    p = piece.points
    ball = float((figure.joints[f"{side}ToeBase"] - figure.joints[f"{side}Foot"]) @ axes[2])
    toes = smoothstep(ball - 0.03 * k, ball + 0.035 * k, p[:, 2]) * (p[:, 1] < 0.11 * k)
    own = np.zeros((len(p), len(figure.joint_names)), np.float32)
    own[:, dummy.columns[f"{side}ToeBase"]] = toes
    own[:, dummy.columns[f"{side}Foot"]] = 1 - toes
    if not piece.bound:
        return own
    gap, index = skin.tree.query(p, 4)
    share = 1 / (np.asarray(gap) + 0.004) ** 2
    near = np.einsum("nk,nkj->nj", share / share.sum(1, keepdims=True), skin_weights[index])
    legs = [dummy.columns[f"{side}{part}"] for part in ("Leg", "Foot")]
    up = smoothstep(foot.ankle - 0.035 * k, foot.ankle + 0.005 * k, p[:, 1])[:, None]
    high = np.zeros_like(own)
    high[:, legs] = near[:, legs] / np.maximum(near[:, legs].sum(1, keepdims=True), 1e-6)
    blended = own * (1 - up) + high * up
    return np.asarray(blended / blended.sum(1, keepdims=True), np.float32)


def _hides(figure: Figure, dummy: Dummy, side: str, ground: F64, axes: F64, made: Loft) -> NDArray[np.bool_]:
    """Base vertices well under the upper or well below the rim."""
    columns = [dummy.columns[f"{side}{part}"] for part in FOOT_PARTS]
    share = figure.weights[:, columns].sum(1)
    k, rim, fit = made.foot.scale, made.upper[made.rim], made.fit
    chosen = np.flatnonzero((figure.vertices[:, 1] < rim[:, 1].max()) & (figure.vertices[:, 0] * axes[0, 0] > 0))
    chosen = chosen[(share[chosen] > 0.3) | bool(fit.shaft)]
    local = (figure.vertices[chosen] - ground) @ axes.T
    centre = rim.mean(0)
    phi = np.arctan2(*((rim - centre)[:, [0, 2]].T))
    angle = np.arctan2(local[:, 0] - centre[0], local[:, 2] - centre[2])
    order = np.argsort(phi)

    def at(values: F64) -> F64:
        return np.asarray(np.interp(angle, phi[order], values[order], period=2 * np.pi))

    reach = np.hypot(local[:, 0] - centre[0], local[:, 2] - centre[2])
    beyond = reach - at(np.hypot(rim[:, 0] - centre[0], rim[:, 2] - centre[2]))
    depth = at(rim[:, 1]) - local[:, 1]
    margin = (NEAR_RIM if fit.close > LOW else NEAR_LOW_RIM) * k
    gone = (depth > margin) | ((beyond > margin) & (local[:, 2] > centre[2]))
    out = np.zeros(len(figure.vertices), bool)
    out[chosen[gone]] = True
    return out
