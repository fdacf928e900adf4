"""Glasses, earrings and a headset, fitted to the landmarks and the hair of a head and carried by its joint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from avatar.character import AccessoryKind, CharacterDescription
from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, bundle
from avatar.human.figure import F64, I64, AlphaMode, Figure, Material, Part
from avatar.human.hair.volume import Volume, volume
from avatar.human.wardrobe.fabric import srgb
from avatar.human.wardrobe.frame import SIDES, shell_topology
from avatar.human.wardrobe.mesh import smoothstep, unit, vertex_normals
from avatar.human.wardrobe.surface import Surface, surface

GLASSES_NODE, HEADSET_NODE, EARRINGS_NODE = "Wolf3D_Glasses", "Wolf3D_Headwear", "Wolf3D_Facewear"
RIM = 16  # points round a lens; with fewer the frame shows its corners
AVERAGE_EYE_DISTANCE = 0.060  # metres between the joints of the eyes of an average adult of the source


@dataclass(frozen=True, slots=True)
class Head:
    """Landmarks of a head in the A-pose, metres."""

    eyes: dict[str, F64]  # side -> (3,) centre of the eyeball
    eye_front: float  # z of the foremost of eyeballs and lashes
    eye_radius: float
    ears: dict[str, F64]  # side -> (3,) outermost point
    lobes: dict[str, F64]  # side -> (3,) lowest point of the ear
    crown: float
    bridge: float  # z of the root of the nose
    scale: float  # 1 for the distance between the eyes of an average adult
    skin: Surface
    hair: Volume
    column: int
    joints: int


@dataclass(frozen=True, slots=True)
class _Solid:
    positions: F64
    triangles: I64


def head_of(figure: Figure) -> Head:
    """The landmarks that accessories hang on; ears are found on the source's neutral head, which no style changes."""
    neutral, v = bundle().base, figure.vertices
    face = bundle().vertices_of("body")
    face = face[neutral[face, 1] > 0.56]
    column = figure.joint_names.index("Head")
    ears, lobes = {}, {}
    for side, sign in SIDES:
        ear = face[_ear(neutral[face] * [sign, 1.0, 1.0])]
        ears[side] = v[ear[np.argmax(v[ear, 0] * sign)]]
        lobes[side] = v[ear[np.argmin(v[ear, 1])]]
    eyes = {side: figure.joints[f"{side}Eye"] for side, _ in SIDES}
    balls = np.r_[np.arange(LEFT_EYE.start, LEFT_EYE.stop), np.arange(RIGHT_EYE.start, RIGHT_EYE.stop)]
    lashes = np.concatenate([bundle().vertices_of(g) for g in bundle().groups if "eyelashes" in g])
    near = face[(np.abs(v[face, 0]) < 0.15 * float(eyes["Left"][0])) & (np.abs(v[face, 1] - eyes["Left"][1]) < 0.010)]
    front = float(max(v[balls, 2].max(), v[lashes, 2].max()))
    normals = vertex_normals(v, shell_topology().skin_triangles)
    return Head(
        eyes=eyes, eye_front=front, eye_radius=float(np.ptp(v[LEFT_EYE, 1]) / 2),
        ears=ears, lobes=lobes, crown=float(v[face, 1].max()), bridge=float(v[near, 2].max()),
        scale=2 * float(eyes["Left"][0]) / AVERAGE_EYE_DISTANCE, skin=surface(v[face], normals[face]),
        hair=volume(figure.character), column=column, joints=len(figure.joint_names),
    )  # fmt: skip


def _ear(p: F64) -> I64:
    """Vertices of the left ear on the neutral source head (metres): all that stands out beside the skull."""
    return np.flatnonzero(
        (p[:, 0] > 0.0775) & (p[:, 1] > 0.62) & (p[:, 1] < 0.76) & (p[:, 2] < 0.085) & (p[:, 2] > -0.02)
    )


def tube(path: F64, radius: float | F64, sides: int, *, closed: bool = False, tall: float = 1.0) -> _Solid:
    """A small polygon swept along a path (n, 3); ``tall`` stretches it across the path. Open ends are capped."""
    count = len(path)
    step = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    along = unit(step)
    helper = np.array([0.0, 0.0, 1.0]) if np.abs(along[:, 2]).mean() < 0.7 else np.array([0.0, 1.0, 0.0])
    a = unit(np.cross(along, helper))
    b = np.cross(along, a)
    turn = (np.arange(sides) + 0.5) * 2 * np.pi / sides
    size = np.broadcast_to(np.asarray(radius, np.float64), (count,))[:, None]
    rings = np.stack([path + size * (np.cos(t) * a + tall * np.sin(t) * b) for t in turn], 1)
    index = np.arange(count * sides).reshape(count, sides)
    beside = np.roll(index, -1, 1)
    (i0, i1), (j0, j1) = (
        ((index, np.roll(index, -1, 0)), (beside, np.roll(beside, -1, 0)))
        if closed
        else ((index[:-1], index[1:]), (beside[:-1], beside[1:]))
    )
    faces = [np.stack([i0, j0, j1], -1).reshape(-1, 3), np.stack([i0, j1, i1], -1).reshape(-1, 3)]
    if not closed:
        faces += [np.array([[index[0, 0], index[0, k + 1], index[0, k]] for k in range(1, sides - 1)])]
        faces += [np.array([[index[-1, 0], index[-1, k], index[-1, k + 1]] for k in range(1, sides - 1)])]
    return _outward(_Solid(rings.reshape(-1, 3), np.vstack(faces)), np.repeat(path, sides, 0))


def _outward(solid: _Solid, core: F64) -> _Solid:
    """Turned so that its faces look away from ``core`` (n, 3)."""
    normals = vertex_normals(solid.positions, solid.triangles)
    if (normals * (solid.positions - core)).sum() < 0:
        return _Solid(solid.positions, solid.triangles[:, ::-1])
    return solid


def _join(solids: list[_Solid]) -> _Solid:
    start = np.cumsum([0, *(len(s.positions) for s in solids)])
    return _Solid(
        np.vstack([s.positions for s in solids]),
        np.vstack([s.triangles + offset for s, offset in zip(solids, start.tolist(), strict=False)]),
    )


def _part(head: Head, node: str, solid: _Solid, material: Material) -> Part:
    weights = np.zeros((len(solid.positions), head.joints), np.float32)
    weights[:, head.column] = 1.0
    return Part(
        node=node, material=material, positions=solid.positions,
        normals=vertex_normals(solid.positions, solid.triangles), uv=np.zeros((len(solid.positions), 2)),
        triangles=solid.triangles.astype(np.int64), weights=weights,
    )  # fmt: skip


def _linear(colour: str) -> tuple[float, float, float, float]:
    """A hex colour as the linear factor that glTF multiplies with (IEC 61966-2-1)."""
    display = srgb(colour).astype(np.float64)
    r, g, b = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4).tolist()
    return r, g, b, 1.0


def glasses(head: Head, frame: Material) -> list[Part]:
    """Rims, bridge and temples, and clear lenses as a second part; at most 300 triangles together."""
    k = head.scale
    middle = float(head.eyes["Left"][0]) * 1.03
    half_width = min(max(0.0235 * k, 1.6 * head.eye_radius), middle * 0.86)
    half_height = max(0.0190 * k, 1.25 * head.eye_radius)
    y = float(head.eyes["Left"][1]) - 0.002 * k
    z = max(head.bridge + 0.0015 * k, head.eye_front + 0.004 * k)
    turn = np.arange(RIM) * 2 * np.pi / RIM
    cos, sin = np.cos(turn), np.sin(turn)
    # a rounded rectangle (superellipse), bent back a little towards the temples
    x_ring = np.sign(cos) * np.abs(cos) ** 0.82 * half_width
    y_ring = np.sign(sin) * np.abs(sin) ** 0.82 * half_height
    rim = np.stack([middle + x_ring, y + y_ring, z - 0.16 * np.maximum(x_ring + half_width * 0.3, 0)], 1)
    for _ in range(4):  # cheeks and brows push the whole frame forward
        signed, _ = head.skin.distance(rim)
        rim[:, 2] += max(0.0, 0.0022 * k - float(signed.min()))
    frames, lenses, pane = [], [], _pane(RIM)
    for side, sign in SIDES:
        ring = rim * [sign, 1.0, 1.0]
        frames.append(tube(ring, 0.0013 * k, 3, closed=True))
        lenses.append(_Solid(ring, pane if sign > 0 else pane[:, ::-1]))
        frames.append(
            tube(_temple(head, ring[0] + [sign * 0.001 * k, 0.004 * k, 0.0], side, sign), 0.0015 * k, 3, tall=1.6)
        )
    inner = rim[np.argmin(rim[:, 0])]
    lift = np.array([0.0, 0.005 * k, 0.003 * k])
    arch = np.array([inner * [-1, 1, 1] + lift * [1, 0.7, 0], [0.0, *(inner + lift)[1:]], inner + lift * [1, 0.7, 0]])
    arch[1, 2] = max(arch[1, 2], head.bridge + 0.002 * k)
    frames.append(tube(arch, 0.0014 * k, 3))
    return [_part(head, GLASSES_NODE, _join(frames), frame), _part(head, GLASSES_NODE, _join(lenses), LENS)]


def _pane(count: int) -> I64:
    """(count - 2, 3) triangles across a ring of an even number of points, in its direction: a ladder of rungs."""
    faces = []
    for k in range(1, count // 2):
        up, down = k, count - k
        faces.append([up - 1, up, down])
        if k > 1:
            faces.append([up - 1, down, down + 1])
    return np.array([*faces, [count // 2 - 1, count // 2, count // 2 + 1]])


def _temple(head: Head, hinge: F64, side: str, sign: float) -> F64:
    """(6, 3) from the hinge along the side of the head to behind the ear."""
    k = head.scale
    root = head.ears[side] * [0.0, 1.0, 1.0] + [sign * (abs(head.ears[side][0]) - 0.012 * k), 0.0, 0.0]
    over = np.array([root[0], hinge[1] - 0.001 * k, root[2] + 0.004 * k])
    share = np.array([0.0, 0.12, 0.5, 1.0])[:, None]
    path = hinge * (1 - share) + over * share
    path[1, 0] = path[0, 0] + sign * 0.002 * k
    path = np.vstack(
        [path, over + np.array([0.0, -0.010, -0.012]) * k, over + np.array([-sign * 0.003, -0.028, -0.020]) * k]
    )
    gap = (0.0025 + head.hair.temple * np.array([0.0, 0.5, 0.3, 0.0])) * k
    for _ in range(3):
        signed, outward = head.skin.distance(path[1:5])
        path[1:5, 0] += np.sign(outward[:, 0]) * np.maximum(gap - signed, 0)
    return path


def headset(head: Head, plastic: Material) -> list[Part]:
    """A band over the crown, two cups and one microphone, outside of the hair."""
    k = head.scale
    ear = {side: head.ears[side] for side, _ in SIDES}
    half = float(max(abs(p[0]) for p in ear.values())) + (0.008 + head.hair.side) * k
    depth = float(ear["Left"][2]) + 0.006 * k
    cup = float(head.eyes["Left"][1]) - 0.016 * k
    turn = np.linspace(-np.pi / 2, np.pi / 2, 17)
    height = head.crown + (0.010 + head.hair.crown) * k - cup - 0.02 * k
    bend = 0.82 + 0.18 * float(smoothstep(0.0, 0.015, head.hair.side))  # short hair is no ellipse but fuller, as heads
    sin, cos = np.sin(turn), np.cos(turn).clip(0)
    across, up = np.sign(sin) * np.abs(sin) ** bend * half, cos**bend * height
    arch = np.stack([across, cup + 0.02 * k + up, np.full(17, depth)], 1)
    solids = [tube(arch, 0.0055 * k, 4, tall=1.9)]
    for _, sign in SIDES:
        x = sign * (half + np.array([-0.024, -0.004, 0.006, 0.0065]) * k)
        path = np.stack([x, np.full(4, cup), np.full(4, depth)], 1)
        solids.append(tube(path, np.array([0.031, 0.034, 0.027, 0.012]) * k, 12))
    mouth = np.array([0.026 * k, float(head.eyes["Left"][1]) - 0.066 * k, head.bridge + 0.006 * k])
    start = np.array([half, cup - 0.015 * k, depth + 0.014 * k])
    share = smoothstep(0, 1, np.linspace(0, 1, 6))[:, None]
    boom = start * (1 - share) + mouth * share
    boom = head.skin.push_out(boom, 0.008 * k)
    solids += [
        tube(boom, 0.0020 * k, 4),
        tube(boom[-1] + np.array([[0.006, 0, -0.004], [-0.008, 0, 0.003]]) * k, 0.005 * k, 6),
    ]
    return [_part(head, HEADSET_NODE, _join(solids), plastic)]


def earrings(head: Head, metal: Material) -> list[Part]:
    """Small hoops through the lobes."""
    k = head.scale
    turn = np.arange(12) * 2 * np.pi / 12
    hoop = np.stack([np.zeros(12), np.cos(turn) * 0.0085 * k - 0.0055 * k, np.sin(turn) * 0.0085 * k], 1)
    solids = [
        tube(head.lobes[side] + hoop + [sign * 0.0012 * k, 0.0, 0.001 * k], 0.0011 * k, 4, closed=True)
        for side, sign in SIDES
    ]
    return [_part(head, EARRINGS_NODE, _join(solids), metal)]


@dataclass(frozen=True, slots=True)
class _Kind:
    """An accessory: what it is made of in white, and how."""

    material: Material
    make: Callable[[Head, Material], list[Part]]


LENS = Material(
    "Wolf3D_Glasses_Lens", base_factor=(0.0, 0.0, 0.0, 0.06), roughness=0.05, alpha=AlphaMode.BLEND, double_sided=True
)
_KINDS = {
    AccessoryKind.GLASSES: _Kind(Material(GLASSES_NODE, roughness=0.35), glasses),
    AccessoryKind.HEADSET: _Kind(Material(HEADSET_NODE, roughness=0.5), headset),
    AccessoryKind.EARRINGS: _Kind(Material(EARRINGS_NODE, roughness=0.25, metallic=1.0), earrings),
}


def _wanted(character: CharacterDescription) -> dict[AccessoryKind, Material]:
    """What each accessory is made of; of two of a kind the last counts."""
    colours = {item.kind: item.colour for item in character.outfit.accessories}
    return {kind: replace(_KINDS[kind].material, base_factor=_linear(colour)) for kind, colour in colours.items()}


def accessory_materials(character: CharacterDescription) -> list[Material]:
    """The materials of everything the character wears on the head. None has an image."""
    return [*_wanted(character).values(), LENS]


def accessories(figure: Figure) -> list[Part]:
    """The parts of everything the character wears on the head; of two of a kind the last counts."""
    wanted = _wanted(figure.character)
    if not wanted:
        return []
    head = head_of(figure)
    return [part for kind, material in wanted.items() for part in _KINDS[kind].make(head, material)]
