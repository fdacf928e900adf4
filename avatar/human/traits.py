"""Which of the source's detail targets a described person gets, and how much of each.

Four layers are added up: what the description says of the face, what age, gender and build bring along, the charm
that no neutral face of the source has, and what the seed makes somebody's own. A ``~`` in a name stands for both
sides, written ``l-`` and ``r-``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.character import Body, CharacterDescription, Face, FaceShape
from avatar.human.individual import individual_weights

Weights = dict[str, float]

# Face field -> (targets at -1, targets at +1) with the weight each reaches there.
_SLIDERS: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]] = {
    "jaw_width": (
        {"head/head-invertedtriangular": 0.45, "chin/chin-width-decr": 0.45},
        {"head/head-square": 0.45, "chin/chin-width-incr": 0.40},
    ),
    "chin": (
        {"chin/chin-prominent-decr": 0.8, "chin/chin-height-decr": 0.35},
        {"chin/chin-prominent-incr": 0.8, "chin/chin-height-incr": 0.25},
    ),
    "nose_width": (
        {
            "nose/nose-width1-decr": 0.35,
            "nose/nose-width2-decr": 0.45,
            "nose/nose-width3-decr": 0.65,
            "nose/nose-point-width-decr": 0.35,
        },
        {
            "nose/nose-width1-incr": 0.35,
            "nose/nose-width2-incr": 0.45,
            "nose/nose-width3-incr": 0.65,
            "nose/nose-point-width-incr": 0.35,
        },
    ),
    "nose_length": (
        {"nose/nose-scale-vert-decr": 0.5, "nose/nose-scale-depth-decr": 0.45, "nose/nose-point-up": 0.3},
        {"nose/nose-scale-vert-incr": 0.5, "nose/nose-scale-depth-incr": 0.45, "nose/nose-point-down": 0.2},
    ),
    "nose_profile": (
        {"nose/nose-curve-concave": 0.75, "nose/nose-hump-decr": 0.5, "nose/nose-point-up": 0.25},
        {"nose/nose-curve-convex": 0.6, "nose/nose-hump-incr": 0.75, "nose/nose-point-down": 0.25},
    ),
    "lip_fullness": (
        {
            "mouth/mouth-upperlip-height-decr": 0.55,
            "mouth/mouth-lowerlip-height-decr": 0.55,
            "mouth/mouth-upperlip-volume-decr": 0.5,
            "mouth/mouth-lowerlip-volume-decr": 0.5,
        },
        {
            "mouth/mouth-upperlip-height-incr": 0.55,
            "mouth/mouth-lowerlip-height-incr": 0.55,
            "mouth/mouth-upperlip-volume-incr": 0.5,
            "mouth/mouth-lowerlip-volume-incr": 0.5,
        },
    ),
    "mouth_width": (
        {"mouth/mouth-scale-horiz-decr": 0.6},
        {"mouth/mouth-scale-horiz-incr": 0.6},
    ),
    "eye_size": (
        {"eyes/~eye-scale-decr": 0.6, "eyes/~eye-height2-decr": 0.3},
        {"eyes/~eye-scale-incr": 0.6, "eyes/~eye-height2-incr": 0.3},
    ),
    "eye_spacing": (
        {"eyes/~eye-trans-in": 0.55},
        {"eyes/~eye-trans-out": 0.55},
    ),
    "eye_tilt": (
        {"eyes/~eye-corner1-down": 0.9, "eyes/~eye-corner2-up": 0.45, "eyes/~eye-eyefold-angle-up": 0.4},
        {"eyes/~eye-corner1-up": 0.9, "eyes/~eye-corner2-down": 0.45, "eyes/~eye-eyefold-angle-down": 0.4},
    ),
    "cheekbones": (
        {"cheek/~cheek-bones-decr": 0.8},
        {"cheek/~cheek-bones-incr": 0.8, "cheek/~cheek-inner-decr": 0.15},
    ),
    "cheeks": (
        {"cheek/~cheek-volume-decr": 0.65, "head/head-fat-decr": 0.25},
        {"cheek/~cheek-volume-incr": 0.65, "head/head-fat-incr": 0.25},
    ),
    "ears": (
        {"ears/~ear-scale-decr": 0.55, "ears/~ear-wing-decr": 0.45},
        {"ears/~ear-scale-incr": 0.5, "ears/~ear-wing-incr": 0.55},
    ),
}
_SHAPES: Mapping[FaceShape, Mapping[str, float]] = {
    FaceShape.OVAL: {"head/head-oval": 0.3},
    FaceShape.ROUND: {"head/head-round": 0.55, "cheek/~cheek-volume-incr": 0.25},
    FaceShape.SQUARE: {"head/head-square": 0.55, "chin/chin-width-incr": 0.2},
    FaceShape.HEART: {"head/head-invertedtriangular": 0.5, "chin/chin-triangle": 0.25},
    FaceShape.LONG: {"head/head-rectangular": 0.35, "head/head-scale-vert-incr": 0.3},
    FaceShape.DIAMOND: {"head/head-diamond": 0.6},
}


@dataclass(frozen=True, slots=True)
class Charm:
    """Targets that make the source's sober neutral face a friendly one, and how much of each goes to whom."""

    name: str
    feminine: float = 0.0
    masculine: float = 0.0
    child: float = 0.0
    old: float = 0.0


_CHARM: tuple[Charm, ...] = (
    # Eyes open and alert, the outer corner a touch higher than the inner one.
    Charm("eyes/~eye-scale-incr", 0.50, 0.40, 0.42, 0.26),
    Charm("eyes/~eye-height1-incr", 0.0, 0.05, 0.0, 0.15),
    Charm("eyes/~eye-height2-incr", 0.18, 0.10, 0.20, 0.20),
    Charm("eyes/~eye-height3-incr", 0.30, 0.22, 0.15, 0.26),
    Charm("eyes/~eye-corner1-up", 0.45, 0.12, 0.15, 0.0),
    Charm("eyes/~eye-eyefold-up", 0.15, 0.10, 0.20, 0.20),
    # Brows at ease: neither pressed down nor pulled together.
    Charm("eyebrows/eyebrows-trans-up", 0.22, 0.32, 0.30, 0.32),
    Charm("eyebrows/eyebrows-angle-up", 0.26, 0.36, 0.55, 0.36),
    Charm("eyebrows/eyebrows-trans-backward", 0.15, 0.15, 0.25, 0.15),
    # The beginning of a smile.
    Charm("mouth/mouth-angles-up", 0.40, 0.36, 0.42, 0.42),
    Charm("mouth/mouth-upperlip-height-incr", 0.25, 0.15, 0.15, 0.15),
    Charm("mouth/mouth-lowerlip-volume-incr", 0.25, 0.15, 0.15, 0.10),
    Charm("mouth/mouth-upperlip-volume-incr", 0.15, 0.10, 0.10, 0.10),
    Charm("mouth/mouth-cupidsbow-incr", 0.25, 0.10, 0.20, 0.0),
    Charm("mouth/mouth-scale-horiz-incr", 0.0, 0.0, 0.18, 0.0),
    # A face that is soft where it may be and firm where it must.
    Charm("cheek/~cheek-bones-incr", 0.20, 0.10, 0.0, 0.0),
    Charm("cheek/~cheek-volume-incr", 0.10, 0.0, 0.0, 0.05),
    Charm("chin/chin-width-decr", 0.18, 0.0, 0.25, 0.0),
    Charm("chin/chin-prominent-incr", 0.05, 0.12, 0.0, 0.0),
    Charm("head/head-scale-vert-decr", 0.10, 0.06, 0.0, 0.0),
    Charm("head/head-oval", 0.0, 0.0, 0.35, 0.0),
    Charm("head/head-age-decr", 0.12, 0.06, 0.0, 0.0),
)
# A finer nose; less of it where the family's own nose is broad, which is no fault to mend.
_FINE_NOSE: tuple[Charm, ...] = (
    Charm("nose/nose-scale-depth-decr", 0.22, 0.10, 0.10, 0.05),
    Charm("nose/nose-scale-vert-decr", 0.15, 0.05, 0.05, 0.0),
    Charm("nose/nose-width3-decr", 0.22, 0.08, 0.05, 0.05),
    Charm("nose/nose-point-width-decr", 0.25, 0.10, 0.0, 0.0),
    Charm("nose/nose-curve-concave", 0.20, 0.0, 0.20, 0.0),
)
# And one of the broad, low noses of the Asian heads of the source.
_SMALL_NOSE: tuple[Charm, ...] = (
    Charm("nose/nose-volume-decr", 0.35, 0.20, 0.15, 0.10),
    Charm("nose/nose-scale-vert-decr", 0.25, 0.15, 0.10, 0.10),
    Charm("nose/nose-point-width-decr", 0.25, 0.15, 0.10, 0.10),
    Charm("nose/nose-base-up", 0.20, 0.10, 0.0, 0.0),
    Charm("mouth/mouth-lowerlip-height-decr", 0.15, 0.10, 0.10, 0.0),
    Charm("mouth/mouth-trans-backward", 0.25, 0.20, 0.20, 0.20),
)
# What the years do besides the source's own old bodies, at ninety.
_AGED: Mapping[str, float] = {
    "head/head-age-incr": 0.25,
    "ears/~ear-scale-incr": 0.40,
    "ears/~ear-lobe-incr": 0.50,
    "nose/nose-scale-vert-incr": 0.15,
    "nose/nose-point-down": 0.20,
    "eyes/~eye-bag-incr": 0.30,
    "eyes/~eye-eyefold-down": 0.20,
    "eyes/~eye-corner1-down": 0.40,
    "cheek/~cheek-volume-decr": 0.15,
    "mouth/mouth-upperlip-volume-decr": 0.25,
    "mouth/mouth-laugh-lines-in": 0.15,
    "neck/neck-double-incr": 0.15,
}


def _sides(weights: Mapping[str, float]) -> Weights:
    """The same weights with every ``~`` written out for both sides."""
    out: Weights = {}
    for name, weight in weights.items():
        for side in (name.replace("~", "l-"), name.replace("~", "r-")) if "~" in name else (name,):
            out[side] = out.get(side, 0.0) + weight
    return out


def _add(to: Weights, weights: Mapping[str, float], share: float = 1.0) -> None:
    for name, weight in _sides(weights).items():
        to[name] = to.get(name, 0.0) + share * weight


def described_weights(face: Face) -> Weights:
    """What the description says of the face."""
    out = _sides(_SHAPES[face.shape])
    for field, (low, high) in _SLIDERS.items():
        value = float(getattr(face, field))
        _add(out, low if value < 0 else high, abs(value))
    return out


def _charm(character: CharacterDescription) -> Weights:
    body = character.body
    old = float(np.interp(body.age, (45.0, 75.0), (0.0, 1.0)))
    child = float(np.interp(body.age, (11.0, 18.0), (1.0, 0.0)))
    adult = 1.0 - old - child
    ancestry = character.face.ancestry
    total = ancestry.african + ancestry.asian + ancestry.european
    broad = ancestry.african / total if total > 0 else 1 / 3
    asian = ancestry.asian / total if total > 0 else 1 / 3
    out: Weights = {}
    for charms, share in ((_CHARM, 1.0), (_FINE_NOSE, 1.0 - 0.75 * broad), (_SMALL_NOSE, asian)):
        for charm in charms:
            grown = body.gender * charm.masculine + (1 - body.gender) * charm.feminine
            _add(out, {charm.name: adult * grown + child * charm.child + old * charm.old}, share)
    _add(out, _AGED, float(np.interp(body.age, (40.0, 90.0), (0.0, 1.0))))
    return out


def face_weights(character: CharacterDescription) -> Weights:
    """Detail targets of a person's head: described, given by age and gender, and made somebody's by the seed."""
    child = float(np.interp(character.body.age, (11.0, 18.0), (1.0, 0.0)))
    said = described_weights(character.face)
    out = {name: weight * (1 - 0.5 * child) for name, weight in said.items()}  # a child's face is not yet so marked
    _add(out, _charm(character))
    _add(out, individual_weights(character.seed)[0])
    return out


def build_weights(body: Body, seed: int) -> Weights:
    """Detail targets below the neck: elegance by default, what goes with a build, and what the seed brings along."""
    heavy, thin = max(0.0, 2 * body.weight - 1), max(0.0, 1 - 2 * body.weight)
    strong = max(0.0, 2 * body.muscle - 1)
    grown = float(np.interp(body.age, (11.0, 18.0), (0.0, 1.0)))
    old = float(np.interp(body.age, (45.0, 85.0), (0.0, 1.0)))
    slim = grown * (1 - heavy) * (1 - strong)
    feminine = 1 - body.gender
    limbs = ("arms/~upperarm", "arms/~lowerarm", "arms/~upperarm-shoulder", "legs/~upperleg", "legs/~lowerleg")
    swollen = {f"{limb}-muscle-incr": (0.7 if limb.startswith("arms") else 0.35) * strong for limb in limbs}
    out = _sides(swollen)
    _add(
        out,
        {
            "torso/torso-muscle-pectoral-incr": 0.35 * strong * body.gender,
            "torso/torso-muscle-dorsi-incr": 0.25 * strong,
            "stomach/stomach-pregnant-incr": 0.10 * heavy,
            "stomach/stomach-tone-decr": 0.40 * heavy + 0.30 * old,
            "hip/hip-scale-horiz-incr": 0.10 * heavy,
            "neck/neck-double-incr": 0.55 * heavy,
            "head/head-fat-incr": 0.30 * heavy,
            "head/head-fat-decr": 0.35 * thin,
            "stomach/stomach-tone-incr": 0.5 * strong * (1 - heavy) + 0.3 * slim,
            "torso/torso-vshape-incr": 0.35 * strong + 0.15 * slim * body.gender,
            "torso/measure-waist-circ-decr": slim * (0.22 * feminine + 0.12),
            "torso/torso-scale-depth-decr": slim * (0.18 * feminine + 0.10),
            "torso/torso-scale-horiz-decr": slim * 0.18 * feminine,
            "arms/measure-upperarm-circ-decr": slim * (0.22 * feminine + 0.05),
            "legs/measure-thigh-circ-decr": slim * 0.18,
            "legs/measure-calf-circ-decr": slim * 0.12,
            "legs/lowerlegs-height-incr": slim * 0.02,
            # The source's old men have short thighs and long shins.
            "legs/upperlegs-height-incr": slim * 0.22 + 0.35 * old * body.gender,
            "legs/lowerlegs-height-decr": 0.35 * old * body.gender,
            "neck/neck-scale-vert-incr": slim * 0.06 * (1 - old),
            # Shoulders sink, the head comes forward, the belly gives way.
            "neck/neck-scale-vert-decr": 0.25 * old,
            "neck/neck-trans-forward": 0.30 * old,
            "head/head-trans-forward": 0.45 * old,
            "torso/torso-scale-depth-incr": 0.15 * old,
            "hands/~hand-fingers-diameter-decr": slim * 0.20 * feminine,
            "hands/~hand-scale-decr": (0.10 + 0.15 * feminine) * grown,
            "feet/~foot-scale-decr": 0.15 * grown,
        },
    )
    _add(out, individual_weights(seed)[1])
    return out
