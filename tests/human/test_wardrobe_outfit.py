"""People of every build, dressed: budgets, weights, hems, layers, and no skin through cloth in any of three poses.

What the poses of everyday life do to tops is in test_wardrobe_poses.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from avatar.character import (
    Body,
    Bottom,
    BottomKind,
    CharacterDescription,
    Eyes,
    Face,
    Footwear,
    Hair,
    HairStyle,
    Logo,
    Outfit,
    Skin,
    Top,
    TopKind,
)
from avatar.character import Pattern as Motif
from avatar.human import rig
from avatar.human.body import shape_figure
from avatar.human.bundle import bundle
from avatar.human.figure import AlphaMode, Coverage, Figure, Part
from avatar.human.wardrobe import dress
from avatar.human.wardrobe.garments import FOLD_VARIANTS, TOPS
from avatar.human.wardrobe.mesh import boundary_loops, face_normals
from avatar.human.wardrobe.pattern import pattern
from avatar.human.wardrobe.prints import logo_mask, logo_rect, pattern_mask
from avatar.human.wardrobe.top_coat import top_coat
from avatar.profile import AvatarStyle

BUDGET = {
    "Wolf3D_Outfit_Top": 2330,
    "Wolf3D_Outfit_Bottom": 1650,
    "Wolf3D_Outfit_Footwear": 1000,
}
BODIES: dict[str, dict[str, float | AvatarStyle]] = {
    "man": {"gender": 1.0, "height": 1.80, "age": 35, "muscle": 0.6},
    "woman": {"gender": 0.0, "height": 1.66, "age": 28, "weight": 0.4},
    "child": {"gender": 0.4, "height": 1.27, "age": 8},
    "smallest": {"gender": 0.6, "height": 1.05, "age": 8},
    "elder": {"gender": 0.1, "height": 1.60, "age": 88},
    "heavy": {"gender": 0.0, "height": 1.62, "age": 42, "weight": 1.0},
    "thin": {"gender": 0.0, "height": 1.75, "weight": 0.0, "muscle": 0.2},
    "stylised": {"style": AvatarStyle.STYLISED, "gender": 1.0, "height": 1.75},
    "anime": {"style": AvatarStyle.ANIME, "gender": 0.0, "height": 1.60, "age": 20},
}
TOP, BOTTOM, SHOES = "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom", "Wolf3D_Outfit_Footwear"


def character(
    body: str = "man",
    top: Top | None = None,
    bottom: Bottom | None = None,
    shoes: str = "#d0d0d0",
    seed: int = 7,
) -> CharacterDescription:
    shape = {"gender": 0.5, "age": 30, "height": 1.7, "weight": 0.5, "muscle": 0.5} | BODIES[body]
    style = shape.pop("style", AvatarStyle.REALISTIC)
    return CharacterDescription(
        name="somebody",
        style=style,
        seed=seed,
        body=Body.model_validate(shape),
        face=Face(),
        skin=Skin(tone=0.4),
        eyes=Eyes(colour="#553311"),
        hair=Hair(style=HairStyle.CROP, colour="#221100"),
        outfit=Outfit(
            top=top or Top(colour="#3050a0"),
            bottom=bottom or Bottom(colour="#203050"),
            footwear=Footwear(colour=shoes),
        ),
    )


@functools.cache
def naked(body: str) -> Figure:
    return shape_figure(character(body))


@functools.cache
def dressed(
    body: str, top: TopKind = TopKind.T_SHIRT, bottom: BottomKind = BottomKind.JEANS
) -> tuple[Figure, dict[str, Part], Coverage]:
    wearing = character(body, Top(kind=top, colour="#3050a0"), Bottom(kind=bottom, colour="#203050"))
    bare = naked(body)
    figure = Figure(wearing, bare.vertices, bare.joints, bare.joint_names, bare.weights, bare.morphs)
    parts, coverage = dress(figure)
    return figure, {part.node: part for part in parts}, coverage


def carried(figure: Figure, pose: str) -> np.ndarray:
    """(67, 4, 4) from the A-pose to a pose: A, T (the bind pose) or down (T with the arms 70 degrees lower)."""
    if pose == "A":
        return np.tile(np.eye(4), (67, 1, 1))
    bind = rig.bind(figure)
    carry = bind.carry.copy()
    if pose == "down":
        for side, sign in (("Left", -1), ("Right", 1)):
            root = figure.joint_names.index(f"{side}Arm")
            angle = sign * np.radians(70)
            turn = np.eye(4)
            turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            pivot = (carry[root] @ np.r_[figure.joints[f"{side}Arm"], 1])[:3]
            turn[:3, 3] = pivot - turn[:3, :3] @ pivot
            moving = {root}
            for joint, parent in enumerate(bind.parents):
                if parent in moving:
                    moving.add(joint)
            for joint in moving:
                carry[joint] = turn @ carry[joint]
    return carry


def skinned(positions: np.ndarray, weights: np.ndarray, carry: np.ndarray) -> np.ndarray:
    blended = np.tensordot(weights.astype(float), carry[:, :3], 1)
    return np.einsum("vab,vb->va", blended, np.c_[positions, np.ones(len(positions))])


def welded(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """One vertex per place (texture seams closed): its first drawn vertex, and the triangles over places."""
    _, first, inverse = np.unique(np.round(part.positions * 1e6), axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()[part.triangles]


def outside(
    points: np.ndarray, positions: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far points (n, 3) stand out of a cloth within 20 mm (0 = behind it); nearest places on it; their faces."""
    corners = positions[triangles]
    _, index = cKDTree(corners.mean(1)).query(points, 16)
    near = trimesh.triangles.closest_point(corners[index.ravel()], np.repeat(points, 16, 0)).reshape(-1, 16, 3)
    distance = np.linalg.norm(near - points[:, None], axis=2)
    best = distance.argmin(1)
    row = np.arange(len(points))
    place, face = near[row, best], index[row, best]
    front = ((points - place) * face_normals(positions, triangles)[face]).sum(1) > 0
    depth = np.where(front & (distance[row, best] < 0.02), distance[row, best], 0.0)
    return depth, place, face


def panels(top: TopKind = TopKind.T_SHIRT) -> np.ndarray:
    """(t,) name of the panel that each triangle of a top belongs to; "lip" for edges that are folded inward."""
    made = pattern(TOPS[top].pattern)
    return np.array(made.charts)[made.chart[made.triangles[:, 0]]]


def hem_distance(points: np.ndarray, positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    edge = np.concatenate([positions[loop] for loop in boundary_loops(triangles)])
    return cKDTree(edge).query(points)[0]


def arm_share(weights: np.ndarray) -> np.ndarray:
    arms = [i for i, name in enumerate(rig.JOINT_NAMES) if "Arm" in name or "Hand" in name]
    return weights[:, arms].sum(1)


def should_be_under(points: np.ndarray, positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Skin (n, 3) that lies right behind a cloth in the A-pose: what must not come out in another pose."""
    depth, place, _ = outside(points, positions, triangles)
    return (depth < 0.002) & (np.linalg.norm(points - place, axis=1) < 0.04)


def drawn_skin(figure: Figure, coverage: Coverage) -> np.ndarray:
    """Vertices of the skin below the head that is still drawn when hidden faces are dropped."""
    quads = bundle().faces("body")[..., 0]
    kept = np.unique(quads[~coverage.hidden[quads].all(1)])
    return kept[figure.vertices[kept, 1] < figure.joints["Neck"][1] + 0.03]


@pytest.mark.parametrize("body", BODIES)
class TestEveryBody:
    def test_parts_are_sound_and_within_budget(self, body: str) -> None:
        figure, parts, _ = dressed(body)
        assert list(parts) == [TOP, BOTTOM, SHOES]
        for node, part in parts.items():
            count = len(part.positions)
            assert len(part.triangles) <= BUDGET[node], node
            assert part.material.name == node
            assert part.normals.shape == (count, 3) and part.uv.shape == (count, 2)
            assert np.isfinite(part.positions).all()
            assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-3)
            assert part.uv.min() >= 0 and part.uv.max() <= 1
            assert set(np.unique(part.triangles)) == set(range(count))
            assert part.weights.shape == (count, 67) and part.weights.dtype == np.float32
            assert np.allclose(part.weights.sum(1), 1, atol=1e-5) and (part.weights >= 0).all()
            assert ((part.weights > 0).sum(1) <= 4).all()
            assert (np.linalg.norm(face_normals(part.positions, part.triangles), axis=1) > 1e-12).all()
        assert parts[SHOES].positions[:, 1].min() == pytest.approx(0, abs=0.006)
        assert figure.vertices[:, 1].max() > parts[TOP].positions[:, 1].max()

    def test_normals_agree_with_the_winding(self, body: str) -> None:
        _, parts, _ = dressed(body)
        for node in (TOP, BOTTOM, SHOES):
            part = parts[node]
            facing = (face_normals(part.positions, part.triangles) * part.normals[part.triangles].mean(1)).sum(1)
            assert (facing > 0).mean() > 0.9, node

    @pytest.mark.parametrize("pose", ["down"])
    def test_no_skin_through_cloth(self, body: str, pose: str) -> None:
        figure, parts, coverage = dressed(body)
        carry = carried(figure, pose)
        skin = drawn_skin(figure, coverage)
        points = skinned(figure.vertices, figure.weights, carry)[skin]
        hem = 0.026 * max(1.0, figure.joints["Neck"][1] / 1.41)  # an edge is turned inward by up to 15 mm
        for node in (TOP, BOTTOM):
            first, triangles = welded(parts[node])
            positions = skinned(parts[node].positions, parts[node].weights, carry)[first]
            depth, place, face = outside(points, positions, triangles)
            through = (depth > 0.002) & (hem_distance(place, positions, triangles) > hem)
            if pose != "A":  # a lowered arm may lie against the trunk: compare like with like
                through &= should_be_under(figure.vertices[skin], parts[node].positions[first], triangles)
                through &= (
                    np.abs(arm_share(figure.weights[skin]) - arm_share(parts[node].weights)[first][triangles[face, 0]])
                    < 0.5
                )
            assert through.mean() < 0.002, (
                f"{node}: {through.sum()} of {len(skin)}, {depth[through].max() * 1e3:.1f} mm"
            )

    @pytest.mark.parametrize("pose", ["A", "down"])
    def test_the_top_stays_over_the_bottom(self, body: str, pose: str) -> None:
        figure, parts, _ = dressed(body)
        carry = carried(figure, pose)
        first, triangles = welded(parts[TOP])
        triangles = triangles[panels() != "lip"]  # their inside faces the trousers
        top = skinned(parts[TOP].positions, parts[TOP].weights, carry)[first]
        bottom = skinned(parts[BOTTOM].positions, parts[BOTTOM].weights, carry)
        depth, place, _ = outside(bottom, top, triangles)
        through = (depth > 0.0005) & (hem_distance(place, top, triangles) > 0.02)
        assert through.mean() < 0.005, f"{through.sum()} of {len(bottom)}, {depth[through].max() * 1e3:.1f} mm"

    def test_the_hem_hangs_close_to_the_hips(self, body: str) -> None:
        figure, parts, _ = dressed(body)
        top, bottom = parts[TOP].positions, parts[BOTTOM].positions
        hem = top[np.abs(top[:, 1] - top[:, 1].min()) < 0.003]
        hips = bottom[np.abs(bottom[:, 1] - hem[:, 1].mean()) < 0.03]
        assert np.ptp(hem[:, 0]) < np.ptp(hips[:, 0]) + 0.075  # metres; loose, and no tunic
        assert hem[:, 1].mean() > figure.joints["LeftUpLeg"][1] - 0.09 * figure.joints["Neck"][1] / 1.41

    def test_hidden_skin_lies_inside_the_clothes(self, body: str) -> None:
        figure, parts, coverage = dressed(body)
        hidden = np.flatnonzero(coverage.hidden)
        assert len(hidden) > 3000
        hands_and_head = figure.weights[:, [figure.joint_names.index(n) for n in ("Head", "LeftHand", "RightHand")]]
        assert not coverage.hidden[hands_and_head.sum(1) > 0.5].any()
        points = figure.vertices[hidden]
        deepest = np.full(len(hidden), np.inf)
        for part in parts.values():
            first, triangles = welded(part)
            depth, _, _ = outside(points, part.positions[first], triangles)
            deepest = np.minimum(deepest, depth)
        assert (deepest > 0.004).mean() < 0.002  # inside at least one garment

    def test_the_neck_waist_and_ankles_are_closed(self, body: str) -> None:
        figure, parts, coverage = dressed(body)
        top, bottom, shoes = (parts[node].positions for node in (TOP, BOTTOM, SHOES))
        hem = top[:, 1].min()
        assert bottom[:, 1].max() > hem + 0.02 * figure.joints["Neck"][1]
        assert bottom[:, 1].min() < shoes[:, 1].max() - 0.005
        neck = figure.joints["Neck"]
        skin = figure.vertices[drawn_skin(figure, coverage)]
        around = skin[np.hypot(skin[:, 0], skin[:, 2] - neck[2]) < 0.12]
        collar = top[np.abs(top[:, 0]) < 0.03]
        assert around[:, 1].min() < collar[collar[:, 2] > neck[2], 1].max()  # skin goes on below the collar


WORN = [
    *((top, BottomKind.JEANS) for top in TopKind),
    (TopKind.SHIRT, BottomKind.TROUSERS),
    (TopKind.T_SHIRT, BottomKind.SHORTS),
    (TopKind.POLO, BottomKind.SKIRT),
]


@pytest.mark.parametrize(("top", "bottom"), WORN)
class TestEveryGarment:
    def test_budget_and_open_edges(self, top: TopKind, bottom: BottomKind) -> None:
        _, parts, _ = dressed("woman", top, bottom)
        assert (BOTTOM in parts) == (top is not TopKind.DRESS)
        for node, part in parts.items():
            assert len(part.triangles) <= BUDGET[node]
        assert sum(len(part.triangles) for node, part in parts.items() if node != SHOES) <= 4000
        cloth = welded(parts[TOP])[1][np.isin(panels(top), ("front", "back", "sleeveLeft", "sleeveRight"))]
        assert len(boundary_loops(cloth)) == 4  # neck, hem, two sleeves: no holes

    def test_textures(self, top: TopKind, bottom: BottomKind) -> None:
        _, parts, _ = dressed("woman", top, bottom)
        for node, part in parts.items():
            size, material = 512 if node == SHOES else 1024, part.material
            assert material.colour is not None and material.colour.shape == (size, size, 3)
            assert material.normal is not None and material.normal.shape[:2] in ((512, 512), (256, 256))
            assert material.colour.dtype == material.normal.dtype == np.uint8
            assert material.alpha is AlphaMode.OPAQUE
        packed = parts[TOP].material.occlusion_roughness_metallic
        assert packed is not None and 150 < packed[..., 1].mean() < 250 and not packed[..., 2].any()

    def test_cloth_is_no_smooth_tube(self, top: TopKind, bottom: BottomKind) -> None:
        """Sleeves and trunk wander by millimetres about the smooth cloth they are lifted from."""
        lifts = pattern(TOPS[top].pattern).folds
        assert lifts.shape[0] == FOLD_VARIANTS
        for variant in lifts:
            assert 0.0008 < variant.std() < 0.008
            assert variant.max() > 0.004

    def test_the_chest_has_a_place_for_a_mark(self, top: TopKind, bottom: BottomKind) -> None:
        _, parts, _ = dressed("woman", top, bottom)
        left, upper, right, lower = parts[TOP].material.extras["logo"]["rect"]
        assert 0 <= left < right <= 1 and 0 <= upper < lower <= 1
        part = parts[TOP]
        inside = (part.uv > [left, upper]).all(1) & (part.uv < [right, lower]).all(1)
        grown = (np.abs(part.uv - [(left + right) / 2, (upper + lower) / 2]) < 0.06).all(1)
        chest = part.positions[inside if inside.any() else grown]
        assert (chest[:, 2] > 0).all() and (chest[:, 1] > np.median(part.positions[:, 1]) - 0.1).all()


def test_sleeves_and_legs_have_the_length_of_their_kind() -> None:
    short, long_, shorts = (
        dressed("man", *kinds)[1]
        for kinds in (
            (TopKind.T_SHIRT, BottomKind.JEANS),
            (TopKind.LONG_SLEEVE, BottomKind.TROUSERS),
            (TopKind.T_SHIRT, BottomKind.SHORTS),
        )
    )
    figure = naked("man")
    elbow, wrist, knee = (figure.joints[name] for name in ("LeftForeArm", "LeftHand", "LeftLeg"))
    assert short[TOP].positions[:, 0].max() < elbow[0] < wrist[0] - 0.03 < long_[TOP].positions[:, 0].max()
    assert shorts[BOTTOM].positions[:, 1].min() > knee[1] - 0.02
    assert long_[BOTTOM].positions[:, 1].min() < knee[1] * 0.3


def test_colours_reach_the_textures() -> None:
    figure = naked("man")

    def worn(top: Top, bottom: str, shoes: str, seed: int = 7) -> list[np.ndarray]:
        wearing = character("man", top, Bottom(colour=bottom, kind=BottomKind.TROUSERS), shoes, seed=seed)
        parts, _ = dress(Figure(wearing, figure.vertices, figure.joints, figure.joint_names, figure.weights, {}))
        return [part.material.colour[8:-8, 8:-8].reshape(-1, 3).astype(float) for part in parts]

    top, bottom, shoes = worn(Top(colour="#a01010"), "#10a010", "#1010a0")
    for pixels, channel in ((top, 0), (bottom, 1)):
        average = pixels.mean(0)
        assert average.argmax() == channel
        assert average[channel] == pytest.approx(0xA0, rel=0.25)
        assert np.delete(average, channel).max() < 40
    blue = (shoes[:, 2] > 60) & (shoes[:, 0] < 40)
    assert blue.mean() > 0.25


def coloured(top: Top, name: str = "somebody") -> np.ndarray:
    """The painted texels of a top, (1024, 1024, 3)."""
    wearing = character("man", top).model_copy(update={"name": name})
    pixels = top_coat(wearing).painted().colour
    assert pixels is not None
    return pixels.astype(float)


@pytest.mark.parametrize("motif", Motif)
def test_every_pattern_shows_the_second_colour(motif: Motif) -> None:
    plain, accented = (
        coloured(Top(kind=TopKind.POLO, colour="#a01010", accent=accent, pattern=pattern_of))
        for accent, pattern_of in ((None, Motif.PLAIN), ("#f0f0f0", motif))
    )
    changed = (np.abs(plain - accented).max(2) > 60).mean()
    assert 0.004 < changed < 0.8


def test_stripes_meet_at_the_side_seams() -> None:
    """Front and back are the same colour where a side seam joins them."""
    made = pattern(TOPS[TopKind.T_SHIRT].pattern)
    mask = pattern_mask(TOPS[TopKind.T_SHIRT], Motif.STRIPES)
    names = np.array(made.charts)[made.chart]
    front, back = (np.flatnonzero(names == name) for name in ("front", "back"))
    gap, twin = cKDTree(made.position[back]).query(made.position[front])
    low = made.position[front][:, 1] < made.body.armpit - 0.02
    seam = (gap < 1e-6) & low
    cell = np.clip((made.uv * 1024).astype(int), 0, 1023)
    here, there = (mask[cell[i, 1], cell[i, 0]] > 127 for i in (front[seam], back[twin[seam]]))
    assert seam.sum() > 10
    assert (here == there).mean() > 0.8  # a texel next to an edge may fall on either side


@pytest.mark.parametrize("logo", [logo for logo in Logo if logo is not Logo.NONE])
@pytest.mark.parametrize("kind", [TopKind.T_SHIRT, TopKind.BLAZER])
def test_a_mark_fills_its_place_and_nothing_else(kind: TopKind, logo: Logo) -> None:
    fit = TOPS[kind]
    marked = logo_mask(fit, logo, "A") > 127
    left, upper, right, lower = (np.array(logo_rect(fit)) * 1024).tolist()
    rows, columns = np.nonzero(marked)
    assert upper - 3 <= rows.min() and rows.max() <= lower + 3
    assert left - 3 <= columns.min() and columns.max() <= right + 3
    assert marked.sum() > 0.12 * (right - left) * (lower - upper)


def test_the_initial_is_that_of_the_name() -> None:
    top = Top(colour="#101010", logo=Logo.INITIAL)
    first, again, other, foreign = (coloured(top, name) for name in ("Ada", "Ämilie", "Bo", "\u5c0f\u660e"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(foreign, coloured(Top(colour="#101010")))  # a ring where no letter can be drawn


def test_the_same_character_gives_the_same_bytes() -> None:
    figure = shape_figure(character("woman"))
    (first, hidden), (second, again) = dress(figure), dress(figure)
    assert np.array_equal(hidden.hidden, again.hidden)
    for a, b in zip(first, second, strict=True):
        for name in ("positions", "normals", "uv", "triangles", "weights"):
            assert np.array_equal(getattr(a, name), getattr(b, name))
        assert a.material.base_factor == b.material.base_factor
        if a.material.colour is not None:
            assert np.array_equal(a.material.colour, b.material.colour)
            assert np.array_equal(a.material.normal, b.material.normal)


def test_drawn_styles_have_softer_cloth() -> None:
    real, anime = (dressed(body)[1][TOP].material.normal for body in ("woman", "anime"))
    assert np.abs(anime[..., :2].astype(float) - 127).mean() < 0.7 * np.abs(real[..., :2].astype(float) - 127).mean()


def test_everyone_wears_the_same_pattern() -> None:
    topologies = [dressed(body)[1][TOP].triangles for body in BODIES]
    assert all(np.array_equal(a, b) for a, b in pairwise(topologies))
