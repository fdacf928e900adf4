"""No skin through the cloth of tops and bottoms in T, A and the six poses of everyday life.

Skin that lies behind a panel of cloth in the A-pose is followed with that panel: linear blend skinning moves both.
"""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from avatar.character import BottomKind, CharacterDescription, TopKind
from avatar.human.body import shape_figure
from avatar.human.bundle import bundle
from avatar.human.coat import Coat
from avatar.human.figure import Coverage, Figure, Part
from avatar.human.poses import POSES, posed
from avatar.human.rig import bind, to_bind
from avatar.human.wardrobe import dress
from avatar.human.wardrobe.garments import TOPS
from avatar.human.wardrobe.mesh import boundary_loops, face_normals, vertex_normals
from avatar.human.wardrobe.pattern import pattern
from tests.people import a_character

TOP, BOTTOM = "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom"
PANELS = ("front", "back", "sleeveLeft", "sleeveRight", "inner")
STANDING, MOVING = 0.003, 0.005  # worst metres in A and T; share of covered skin in the poses
BODIES = {
    "average woman": {"gender": 0.0, "age": 30, "height": 1.68, "weight": 0.45, "muscle": 0.5},
    "average man": {"gender": 1.0, "age": 35, "height": 1.80, "weight": 0.5, "muscle": 0.55},
    "heavy woman": {"gender": 0.0, "age": 42, "height": 1.62, "weight": 1.0, "muscle": 0.4},
    "heavy man": {"gender": 1.0, "age": 50, "height": 1.76, "weight": 1.0, "muscle": 0.4},
    "thin woman": {"gender": 0.0, "age": 25, "height": 1.75, "weight": 0.0, "muscle": 0.2},
    "child": {"gender": 0.4, "age": 9, "height": 1.32, "weight": 0.5, "muscle": 0.5},
    "elder": {"gender": 1.0, "age": 80, "height": 1.70, "weight": 0.5, "muscle": 0.3},
}
WORN = [
    ("average woman", TopKind.T_SHIRT), ("average woman", TopKind.DRESS), ("average woman", TopKind.BLAZER),
    ("average man", TopKind.SHIRT), ("average man", TopKind.HOODIE),
    ("heavy woman", TopKind.DRESS), ("heavy woman", TopKind.POLO),
    ("heavy man", TopKind.BLAZER), ("heavy man", TopKind.T_SHIRT),
    ("thin woman", TopKind.LONG_SLEEVE), ("child", TopKind.HOODIE), ("child", TopKind.DRESS), ("elder", TopKind.POLO),
]  # fmt: skip


def wearing(body: str, top: TopKind) -> CharacterDescription:
    outfit = {
        "top": {"kind": top, "colour": "#808080"},
        "bottom": {"kind": BottomKind.JEANS, "colour": "#404040"},
        "footwear": {"colour": "#202020"},
    }
    return a_character(body=BODIES[body], outfit=outfit)


@pytest.fixture(autouse=True)
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only shapes are looked at here."""
    monkeypatch.setattr(Coat, "painted", lambda coat: coat.material)


def drawn_skin(figure: Figure, coverage: Coverage) -> np.ndarray:
    quads = bundle().faces("body")[..., 0]
    kept = np.unique(quads[~coverage.hidden[quads].all(1)])
    return kept[figure.vertices[kept, 1] < figure.joints["Neck"][1] + 0.03]


def cloth_of(part: Part, top: TopKind) -> tuple[np.ndarray, np.ndarray]:
    """First drawn vertex of each place and the triangles over places; of a top without what is sewn on or folded in."""
    _, first, inverse = np.unique(np.round(part.positions * 1e6), axis=0, return_index=True, return_inverse=True)
    triangles = inverse.ravel()[part.triangles]
    if part.node == TOP:
        made = pattern(TOPS[top].pattern)
        triangles = triangles[np.isin(np.array(made.charts)[made.chart[made.triangles[:, 0]]], PANELS)]
    size = np.linalg.norm(face_normals(part.positions[first], triangles), axis=1)
    return first, triangles[size > 1e-10]


def height_over(
    points: np.ndarray, positions: np.ndarray, triangles: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signed metres of points (n, 3) over the nearest of their triangles ``near`` (n, k), that place and triangle."""
    corners, count = positions[triangles], near.shape[1]
    place = trimesh.triangles.closest_point(corners[near.ravel()], np.repeat(points, count, 0)).reshape(-1, count, 3)
    distance = np.linalg.norm(place - points[:, None], axis=2)
    row, best = np.arange(len(points)), distance.argmin(1)
    face = near[row, best]
    front = ((points - place[row, best]) * face_normals(positions, triangles)[face]).sum(1) > 0
    return np.where(front, 1, -1) * distance[row, best], place[row, best], face


def poke_through(figure: Figure, part: Part, coverage: Coverage, top: TopKind) -> dict[str, tuple[float, float]]:
    """By pose: share of covered skin that stands out of a garment by more than 1 mm, and the worst in metres."""
    skin = drawn_skin(figure, coverage)
    points, weights = figure.vertices[skin], figure.weights[skin]
    first, triangles = cloth_of(part, top)
    positions, own = part.positions[first], part.weights[first]
    _, near = cKDTree(positions[triangles].mean(1)).query(points, 24)
    height, place, face = height_over(points, positions, triangles, near)
    edges = cKDTree(np.concatenate([positions[loop] for loop in boundary_loops(triangles)]))
    inside = (edges.query(place)[0] > 0.025) & (np.abs(height) < 0.03)
    covered = inside & (height < 0.004)  # what is further out was never under it
    quads = bundle().faces("body")[..., 0]
    facing = vertex_normals(figure.vertices, np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]))[skin]
    covered &= (facing * face_normals(positions, triangles)[face]).sum(1) > 0  # nor was an arm that touches the trunk
    total = covered.sum() + (coverage.hidden.sum() / 2)
    found = {"A": (float((height[covered] > 0.001).sum() / total), float(height[covered].max(initial=0)))}
    pose, upright = bind(figure), np.tile([0.0, 1.0, 0.0], (len(points), 1))
    bare, _ = to_bind(pose, points, upright, weights)
    cloth, _ = to_bind(pose, positions, part.normals[first], own)
    if covered.any():
        for name, turns in {"T": {}, **POSES}.items():
            moved = posed(pose, turns, bare[covered], weights[covered])
            height, _, _ = height_over(moved, posed(pose, turns, cloth, own), triangles, near[covered])
            found[name] = float((height > 0.001).sum() / total), float(height.max(initial=0))
    return found


@pytest.mark.parametrize(("body", "top"), WORN)
def test_no_skin_through_cloth_in_any_pose(body: str, top: TopKind) -> None:
    figure = shape_figure(wearing(body, top))
    parts, coverage = dress(figure)
    for part in parts:
        if part.node in (TOP, BOTTOM):
            found = poke_through(figure, part, coverage, top)
            for pose in found.keys() & {"A", "T"}:
                assert found[pose][1] < STANDING, f"{part.node} in {pose}: {found[pose][1] * 1e3:.1f} mm"
            worst = max(found, key=lambda pose: found[pose][0])
            assert found[worst][0] < MOVING, f"{part.node} in {worst}: {found[worst][0]:.2%}"
