"""From a character to a shaped figure: MakeHuman macro and detail targets, solved for the standing height.

The macro scheme is MakeHuman's: every target is one corner of a grid gender x age x muscle x weight (x height), and
its weight is the product of the trait weights; see https://static.makehumancommunity.org/.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from avatar.character import Ancestry, Body, CharacterDescription
from avatar.human import drawn, drawn_lids, landmarks, proportions, rig
from avatar.human import face as faces
from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, Delta, Figure
from avatar.human.heads import with_usual_head
from avatar.human.lips import close_lips
from avatar.human.traits import build_weights, face_weights
from avatar.profile import AvatarStyle

# Apparent age in years -> weights of the source's age corners. The source's child is ten; growth is nearly done at
# eighteen, and a face of forty is still mostly the young one.
_AGE_YEARS = (1.0, 10.0, 14.0, 18.0, 25.0, 45.0, 65.0, 80.0, 92.0)
_AGE_CORNERS = {
    "baby": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "child": (0.0, 1.0, 0.55, 0.18, 0.0, 0.0, 0.0, 0.0, 0.0),
    "young": (0.0, 0.0, 0.45, 0.82, 1.0, 0.74, 0.42, 0.17, 0.0),
    "old": (0.0, 0.0, 0.0, 0.0, 0.0, 0.26, 0.58, 0.83, 1.0),
}
_NEGLIGIBLE = 1e-3
# The source's heaviest and strongest are only plump and fit; at weight or muscle 1 we go this much further.
_HEAVIER = 0.10
_STRONGER = 0.30
# Its heavy body of average muscle hardly differs from the average one; the slack and the strong heavy bodies do.
_FAT_CORNER = ("averagemuscle", "maxweight")
_FAT = {"minmuscle": 0.5, "averagemuscle": 0.2, "maxmuscle": 0.3}
_YOUTH = 11.0  # years of the head that drawn styles lean towards


def _three(value: float, low: str, middle: str, high: str) -> dict[str, float]:
    """Weights of a trait's three corners at 0, .5 and 1."""
    return {low: max(0.0, 1 - 2 * value), middle: 1 - abs(2 * value - 1), high: max(0.0, 2 * value - 1)}


def _beyond(corners: Mapping[str, float], middle: str, high: str, extra: float) -> dict[str, float]:
    """The corner weights of a trait, carried on past its high corner as the trait nears 1."""
    more = extra * corners[high]
    return {**corners, middle: corners[middle] - more, high: corners[high] + more}


def ancestry_weights(ancestry: Ancestry) -> dict[str, float]:
    """Weights over the source's three face families, summing to 1; all zero means equal."""
    raw = {"african": ancestry.african, "asian": ancestry.asian, "caucasian": ancestry.european}
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()} if total > 0 else dict.fromkeys(raw, 1 / 3)


def macro_weights(body: Body, ancestry: Ancestry) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Targets and weights of a body of average height, and the targets that make it shortest and tallest."""
    genders = {"female": 1 - body.gender, "male": body.gender}
    ages = {name: float(np.interp(body.age, _AGE_YEARS, corner)) for name, corner in _AGE_CORNERS.items()}
    muscles = _three(body.muscle, "minmuscle", "averagemuscle", "maxmuscle")
    weights = _three(body.weight, "minweight", "averageweight", "maxweight")
    average: dict[str, float] = {}
    shortest: dict[str, float] = {}
    tallest: dict[str, float] = {}

    def add(to: dict[str, float], name: str, weight: float) -> None:
        if abs(weight) > _NEGLIGIBLE and name in bundle().targets:
            to[name] = to.get(name, 0.0) + weight

    for (gender, g), (age, a) in itertools.product(genders.items(), ages.items()):
        for family, share in ancestry_weights(ancestry).items():
            add(average, f"macrodetails/{family}-{gender}-{age}", g * a * share)
        add(
            average,
            f"macrodetails/proportions/{gender}-{age}-averagemuscle-averageweight-idealproportions",
            0.35 * g * a * muscles["averagemuscle"] * weights["averageweight"],
        )
        for weight, w in _beyond(weights, "averageweight", "maxweight", _HEAVIER).items():
            for muscle, m in _beyond(muscles, "averagemuscle", "maxmuscle", _STRONGER).items():
                for corner, part in (_FAT if (muscle, weight) == _FAT_CORNER else {muscle: 1.0}).items():
                    add(average, f"macrodetails/universal-{gender}-{age}-{corner}-{weight}", g * a * m * w * part)
        for weight, w in weights.items():
            stem = f"macrodetails/height/{gender}-{age}-averagemuscle-{weight}-"
            add(shortest, f"{stem}minheight", g * a * w)
            add(tallest, f"{stem}maxheight", g * a * w)
    return average, shortest, tallest


def summed(*layers: Mapping[str, float]) -> dict[str, float]:
    """Weights by target, added up over layers."""
    out: dict[str, float] = {}
    for layer in layers:
        for name, weight in layer.items():
            out[name] = out.get(name, 0.0) + weight
    return out


def blend(weights: Iterable[tuple[str, float]]) -> F64:
    """(19158, 3) metres: the sum of weighted targets. Raises KeyError for an unknown target."""
    out = np.zeros((VERTEX_COUNT, 3))
    for name, weight in weights:
        if abs(weight) > _NEGLIGIBLE:
            delta = bundle().target(name)
            out[delta.index] += weight * delta.offset
    return out


def standing_height(vertices: F64) -> float:
    """Metres from the soles to the top of the scalp."""
    skin = vertices[bundle().vertices_of("body"), 1]
    return float(skin.max() - skin.min())


def _on_the_ground(vertices: F64) -> F64:
    out = vertices.copy()
    out[:, 1] -= vertices[bundle().vertices_of("body"), 1].min()
    return out


def shape_vertices(character: CharacterDescription) -> F64:
    """(19158, 3) metres: the described body in the source's A-pose, realistic proportions, soles at y = 0.

    The height is reached by the source's tall and short bodies as far as they stay plausible, the rest by scale.
    """
    average, shortest, tallest = macro_weights(character.body, character.face.ancestry)
    details = summed(face_weights(character), build_weights(character.body, character.seed))
    shape = bundle().base + blend(summed(average, details).items())
    natural = standing_height(shape)
    change = blend((tallest if character.body.height >= natural else shortest).items())
    extreme = standing_height(shape + change)
    share = 0.0
    if abs(extreme - natural) > 1e-3:
        # Partly by proportion (long limbs), the rest by size: people vary in both.
        part, most = (0.67, 0.8) if extreme > natural else (0.25, 0.3)  # the source's shortest have too short thighs
        share = float(np.clip((character.body.height - natural) / (extreme - natural) * part, 0.0, most))
    shape = shape + share * change
    shape = with_usual_head(shape * (character.body.height / standing_height(shape)), character.body)
    return _on_the_ground(shape * (character.body.height / standing_height(shape)))


def youthful_head(character: CharacterDescription, vertices: F64, share: float) -> F64:
    """``vertices`` with the head moved part of the way to the same person's at eleven, the size of the head kept.

    Drawn styles have childlike heads: large eyes, a small nose, round cheeks. The source knows such heads; bending an
    adult's into one would not look human.
    """
    body = character.body
    if share <= 0 or body.age <= _YOUTH:
        return vertices
    young = body.model_copy(update={"age": _YOUTH, "muscle": min(body.muscle, 0.5)})
    weights = summed(macro_weights(young, character.face.ancestry)[0], face_weights(character))
    child = close_lips(bundle().base + blend(weights.items()))
    here, there = rig.source_joints(vertices)["Head"], rig.source_joints(child)["Head"]
    head = rig.head_weight()
    core = head > 0.99
    size = np.linalg.norm(vertices[core] - here, axis=1).mean() / np.linalg.norm(child[core] - there, axis=1).mean()
    share *= 1.0 - 0.65 * float(np.interp(body.age, (40.0, 75.0), (0.0, 1.0)))  # the old keep more of their age
    goal = here + (child - there) * size
    out: F64 = vertices + share * (head**1.5)[:, None] * (goal - vertices)
    return out


@dataclass(frozen=True, slots=True)
class Shape:
    """A person at rest, before expressions."""

    plain: F64  # (19158, 3) realistic, A-pose
    units: Mapping[str, Delta]  # the source's expressions on ``plain``
    warp: proportions.Warp  # ``plain`` -> styled, before ``scale`` and ``lift``
    scale: float
    lift: F64  # (3,)
    vertices: F64  # (19158, 3) styled
    joints: Mapping[str, F64]


def shape_person(character: CharacterDescription) -> Shape:
    """The described person in the described style, at rest: metres, A-pose, soles at y = 0."""
    style = character.style
    plain = close_lips(youthful_head(character, shape_vertices(character), proportions.STYLES[style].youth))
    joints = rig.source_joints(plain)
    units = faces.raw_units(plain)
    for name, share in proportions.rest_face(style).items():
        plain[units[name].index] += share * units[name].offset
    warp = proportions.style_warp(style, plain, joints)
    styled = proportions.soften(style, warp(plain, np.arange(VERTEX_COUNT)))
    scale = character.body.height / standing_height(styled)
    lift = np.array([0.0, -scale * styled[bundle().vertices_of("body"), 1].min(), 0.0])
    vertices = close_lips(styled * scale + lift)
    if style is AvatarStyle.ANIME:
        vertices = close_lips(drawn.draw_face(vertices, character))
    vertices = faces.clear_eyeballs(vertices, style)
    places = {name: place * scale + lift for name, place in proportions.restyle_joints(warp, joints).items()}
    places |= {f"{side}Eye": vertices[ids].mean(axis=0) for side, ids in landmarks.EYEBALLS.items()}
    return Shape(plain, units, warp, scale, lift, vertices, places)


def shape_figure(character: CharacterDescription) -> Figure:
    """The described person as a figure: shaped, jointed, weighted and able to make every contract expression.

    Metres, A-pose of the source, soles at y = 0; the standing height is ``character.body.height`` in every style.
    """
    style, shape = character.style, shape_person(character)
    carried: dict[str, Delta] = {}
    for name, unit in shape.units.items():
        if name.startswith(("mouth", "jaw", "cheekPuff", "tongue")):
            offset = proportions.speech_scale(style) * unit.offset
        else:
            offset = proportions.carried(shape.warp, shape.plain[unit.index], unit.offset, unit.index)
        carried[name] = Delta(unit.index, shape.scale * offset)
    units = proportions.soften_units(style, carried)
    if style is AvatarStyle.ANIME:
        units |= drawn_lids.lid_units(shape.vertices)
    return Figure(
        character=character,
        vertices=shape.vertices,
        joints=shape.joints,
        joint_names=rig.JOINT_NAMES,
        weights=rig.base_weights(),
        morphs=faces.contract_morphs(shape.vertices, units, style),
    )
