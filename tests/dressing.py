"""Dressed people for tests: cached by what they wear, posed, and how far their skin stands out of their clothes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh
from people import a_character
from scipy.spatial import cKDTree

from avatar.character import BottomKind, CharacterDescription
from avatar.human import rig
from avatar.human.body import shape_figure
from avatar.human.bundle import bundle
from avatar.human.figure import Coverage, Figure, Part
from avatar.human.poses import POSES, posed
from avatar.human.wardrobe import dress
from avatar.human.wardrobe.bottoms import wear_bottom
from avatar.human.wardrobe.frame import dress_form
from avatar.human.wardrobe.garments import BOTTOMS
from avatar.human.wardrobe.mesh import boundary_loops, face_normals
from avatar.human.wardrobe.shoes import shoes as fit_shoes

BODIES: dict[str, dict[str, float]] = {
    "woman": {"gender": 0.0, "age": 30, "height": 1.68, "weight": 0.45, "muscle": 0.5},
    "man": {"gender": 1.0, "age": 35, "height": 1.80, "weight": 0.5, "muscle": 0.6},
    "thin": {"gender": 0.4, "age": 25, "height": 1.78, "weight": 0.0, "muscle": 0.2},
    "heavy": {"gender": 0.2, "age": 44, "height": 1.64, "weight": 1.0, "muscle": 0.4},
    "child": {"gender": 0.4, "age": 9, "height": 1.32, "weight": 0.5, "muscle": 0.5},
    "elder": {"gender": 0.3, "age": 80, "height": 1.62, "weight": 0.5, "muscle": 0.4},
}
STANCES = ("A", "T", *POSES)


def wearer(body: str, style: str = "realistic", hair: str = "bald", **outfit: Any) -> CharacterDescription:
    """A body in grey with parts of its outfit replaced."""
    worn = {
        "top": {"colour": "#8a8f98"} | outfit.get("top", {}),
        "bottom": {"colour": "#3a4f7a"} | outfit.get("bottom", {}),
        "footwear": {"colour": "#d0d0d0"} | outfit.get("footwear", {}),
        "accessories": outfit.get("accessories", []),
    }
    return a_character(style=style, body=BODIES[body], hair={"style": hair, "colour": "#3a2a1e"}, outfit=worn)


@functools.cache
def shape(body: str, style: str = "realistic") -> Figure:
    return shape_figure(wearer(body, style))


def in_clothes(character: CharacterDescription, body: str) -> tuple[Figure, list[Part], Coverage]:
    bare = shape(body, character.style.value)
    figure = Figure(character, bare.vertices, bare.joints, bare.joint_names, bare.weights, bare.morphs)
    parts, coverage = dress(figure)
    return figure, parts, coverage


@functools.cache
def dressed(body: str, bottom: str = "jeans", shoes: str = "sneakers") -> tuple[Figure, dict[str, Part], Coverage]:
    """A body in a bottom and shoes; parts by node."""
    figure, parts, coverage = in_clothes(wearer(body, bottom={"kind": bottom}, footwear={"kind": shoes}), body)
    return figure, {part.node: part for part in parts}, coverage


@functools.cache
def bound(body: str) -> rig.Bind:
    return rig.bind(shape(body))


def standing(body: str, stance: str, positions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A-pose points in one of STANCES."""
    if stance == "A":
        return positions
    bind = bound(body)
    carried, _ = rig.to_bind(bind, positions, np.tile([0.0, 1.0, 0.0], (len(positions), 1)), weights)
    return carried if stance == "T" else posed(bind, POSES[stance], carried, weights)


def welded(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """One vertex per place (texture seams closed): its first drawn vertex, and the triangles over places."""
    _, first, inverse = np.unique(np.round(part.positions * 1e6), axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()[part.triangles]


def outside(
    points: np.ndarray, positions: np.ndarray, triangles: np.ndarray, reach: float = 0.02
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far points (n, 3) stand out of a cloth within ``reach`` metres (0 = behind it); nearest places on it; their
    distance, negative behind."""
    corners = positions[triangles]
    _, index = cKDTree(corners.mean(1)).query(points, 12)
    near = trimesh.triangles.closest_point(corners[index.ravel()], np.repeat(points, 12, 0)).reshape(-1, 12, 3)
    distance = np.linalg.norm(near - points[:, None], axis=2)
    best = distance.argmin(1)
    row = np.arange(len(points))
    place, face = near[row, best], index[row, best]
    front = ((points - place) * face_normals(positions, triangles)[face]).sum(1) > 0
    gap = distance[row, best]
    return np.where(front & (gap < reach), gap, 0.0), place, np.where(front, gap, -gap)


def drawn_skin(figure: Figure, coverage: Coverage, below: float) -> np.ndarray:
    """Vertices of the skin that is still drawn, under a height in the A-pose."""
    quads = bundle().faces("body")[..., 0]
    kept = np.unique(quads[~coverage.hidden[quads].all(1)])
    return kept[figure.vertices[kept, 1] < below]


@dataclass(frozen=True, slots=True)
class Cover:
    """What covers skin: a garment without its turned edges, whose inside faces the skin."""

    positions: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray


@functools.cache
def trousers(body: str, bottom: str, shoes: str) -> Cover:
    figure, _, _ = dressed(body, bottom, shoes)
    dummy = dress_form(figure)
    worn = wear_bottom(dummy, BOTTOMS[BottomKind(bottom)], fit_shoes(figure, dummy))
    return Cover(worn.draped.positions, worn.pattern.shell, worn.draped.weights.astype(np.float32))


@functools.cache
def footwear(body: str, bottom: str, shoes: str) -> Cover:
    part = dressed(body, bottom, shoes)[1]["Wolf3D_Outfit_Footwear"]
    first, triangles = welded(part)
    return Cover(part.positions[first], triangles, part.weights[first])


def poking(body: str, stance: str, bottom: str, shoes: str, cover: Cover, rim: float) -> tuple[float, float]:
    """Share of the drawn skin under a garment that comes out of it in a stance, and the worst of it in metres. What
    lies within ``rim`` metres of an open edge does not count."""
    figure, _, coverage = dressed(body, bottom, shoes)
    skin = drawn_skin(figure, coverage, float(figure.joints["Spine1"][1]))
    scale = float(figure.joints["Neck"][1]) / 1.41
    loops = boundary_loops(cover.triangles)

    def inside(place: np.ndarray, positions: np.ndarray) -> np.ndarray:
        return cKDTree(np.concatenate([positions[loop] for loop in loops])).query(place)[0] > rim * scale

    _, place, signed = outside(figure.vertices[skin], cover.positions, cover.triangles)
    skin = skin[(signed < 0.002) & (signed > -0.05) & inside(place, cover.positions)]
    cloth = standing(body, stance, cover.positions, cover.weights)
    points = standing(body, stance, figure.vertices[skin], figure.weights[skin])
    centre = cover.positions[cover.triangles].mean(1)
    spread = np.where(centre[:, 1] > float(figure.joints["LeftUpLeg"][1]) - 0.08 * scale, 0.02 * scale, 0.0)
    worst, count = 0.0, 0
    for sign in (1.0, -1.0):  # legs that touch are no fault: each is held against its own cloth
        own = points[figure.vertices[skin, 0] * sign > 0]
        if not len(own):
            continue
        depth, place, _ = outside(own, cloth, cover.triangles[centre[:, 0] * sign > -spread], 0.03)
        out = (depth > 0.003) & inside(place, cloth)
        count += int(out.sum())
        worst = max(worst, float(depth[out].max(initial=0.0)))
    return count / max(len(skin), 1), worst
