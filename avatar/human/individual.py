"""What makes two people of one description different: many small detail targets, drawn from the seed."""

from __future__ import annotations

import numpy as np

# (target at -1, target at +1, standard deviation of the weight); ``~`` stands for both sides.
_HEAD: tuple[tuple[str, str, float], ...] = (
    ("nose/nose-hump-decr", "nose/nose-hump-incr", 0.16),
    ("nose/nose-curve-concave", "nose/nose-curve-convex", 0.14),
    ("nose/nose-base-down", "nose/nose-base-up", 0.16),
    ("nose/nose-septumangle-decr", "nose/nose-septumangle-incr", 0.14),
    ("nose/nose-flaring-decr", "nose/nose-flaring-incr", 0.14),
    ("nose/nose-point-down", "nose/nose-point-up", 0.14),
    ("nose/nose-point-width-decr", "nose/nose-point-width-incr", 0.16),
    ("nose/nose-width1-decr", "nose/nose-width1-incr", 0.14),
    ("nose/nose-volume-decr", "nose/nose-volume-incr", 0.12),
    ("nose/nose-trans-down", "nose/nose-trans-up", 0.10),
    ("nose/nose-greek-decr", "nose/nose-greek-incr", 0.10),
    ("eyes/~eye-trans-in", "eyes/~eye-trans-out", 0.12),
    ("eyes/~eye-trans-down", "eyes/~eye-trans-up", 0.08),
    ("eyes/~eye-corner1-down", "eyes/~eye-corner1-up", 0.16),
    ("eyes/~eye-corner2-down", "eyes/~eye-corner2-up", 0.16),
    ("eyes/~eye-eyefold-down", "eyes/~eye-eyefold-up", 0.20),
    ("eyes/~eye-eyefold-concave", "eyes/~eye-eyefold-convex", 0.16),
    ("eyes/~eye-scale-decr", "eyes/~eye-scale-incr", 0.10),
    ("eyes/~eye-height2-decr", "eyes/~eye-height2-incr", 0.08),
    ("eyes/~eye-bag-decr", "eyes/~eye-bag-incr", 0.14),
    ("eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up", 0.08),
    ("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up", 0.14),
    ("mouth/mouth-scale-horiz-decr", "mouth/mouth-scale-horiz-incr", 0.14),
    ("mouth/mouth-cupidsbow-decr", "mouth/mouth-cupidsbow-incr", 0.20),
    ("mouth/mouth-cupidsbow-width-decr", "mouth/mouth-cupidsbow-width-incr", 0.18),
    ("mouth/mouth-upperlip-height-decr", "mouth/mouth-upperlip-height-incr", 0.14),
    ("mouth/mouth-lowerlip-height-decr", "mouth/mouth-lowerlip-height-incr", 0.14),
    ("mouth/mouth-lowerlip-width-decr", "mouth/mouth-lowerlip-width-incr", 0.14),
    ("mouth/mouth-philtrum-volume-decr", "mouth/mouth-philtrum-volume-incr", 0.16),
    ("mouth/mouth-angles-down", "mouth/mouth-angles-up", 0.07),
    ("mouth/mouth-trans-down", "mouth/mouth-trans-up", 0.10),
    ("mouth/mouth-dimples-out", "mouth/mouth-dimples-in", 0.16),
    ("forehead/forehead-scale-vert-decr", "forehead/forehead-scale-vert-incr", 0.14),
    ("forehead/forehead-temple-decr", "forehead/forehead-temple-incr", 0.14),
    ("forehead/forehead-nubian-decr", "forehead/forehead-nubian-incr", 0.10),
    ("forehead/forehead-trans-backward", "forehead/forehead-trans-forward", 0.10),
    ("chin/chin-cleft-decr", "chin/chin-cleft-incr", 0.12),
    ("chin/chin-height-decr", "chin/chin-height-incr", 0.12),
    ("chin/chin-bones-decr", "chin/chin-bones-incr", 0.14),
    ("chin/chin-prognathism-decr", "chin/chin-prognathism-incr", 0.08),
    ("chin/chin-jaw-drop-decr", "chin/chin-jaw-drop-incr", 0.12),
    ("cheek/~cheek-volume-decr", "cheek/~cheek-volume-incr", 0.14),
    ("cheek/~cheek-bones-decr", "cheek/~cheek-bones-incr", 0.14),
    ("cheek/~cheek-trans-down", "cheek/~cheek-trans-up", 0.14),
    ("ears/~ear-scale-decr", "ears/~ear-scale-incr", 0.16),
    ("ears/~ear-lobe-decr", "ears/~ear-lobe-incr", 0.20),
    ("ears/~ear-wing-decr", "ears/~ear-wing-incr", 0.14),
    ("ears/~ear-rot-backward", "ears/~ear-rot-forward", 0.16),
    ("head/head-scale-horiz-decr", "head/head-scale-horiz-incr", 0.10),
    ("head/head-scale-depth-decr", "head/head-scale-depth-incr", 0.10),
    ("head/head-back-scale-depth-decr", "head/head-back-scale-depth-incr", 0.12),
    ("head/head-angle-in", "head/head-angle-out", 0.08),
    ("neck/neck-scale-horiz-decr", "neck/neck-scale-horiz-incr", 0.10),
)
# Nobody's halves are equal. Eyes keep their places, lids and lips stay fit for blinking and speaking.
_ASYMMETRY: tuple[tuple[str, float], ...] = (
    ("brown-1", 0.14),
    ("brown-2", 0.14),
    ("cheek-1", 0.16),
    ("cheek-2", 0.16),
    ("ear-1", 0.16),
    ("ear-2", 0.16),
    ("ear-4", 0.16),
    ("jaw-1", 0.07),
    ("jaw-2", 0.07),
    ("jaw-3", 0.07),
    ("nose-1", 0.10),
    ("nose-2", 0.10),
    ("nose-4", 0.10),
    ("temple-1", 0.12),
    ("top-1", 0.12),
)
_BODY: tuple[tuple[str, str, float], ...] = (
    ("torso/measure-shoulder-dist-decr", "torso/measure-shoulder-dist-incr", 0.12),
    ("torso/measure-waist-circ-decr", "torso/measure-waist-circ-incr", 0.10),
    ("torso/measure-hips-circ-decr", "torso/measure-hips-circ-incr", 0.10),
    ("torso/measure-bust-circ-decr", "torso/measure-bust-circ-incr", 0.10),
    ("torso/torso-scale-vert-decr", "torso/torso-scale-vert-incr", 0.08),
    ("torso/torso-vshape-decr", "torso/torso-vshape-incr", 0.10),
    ("hip/hip-waist-down", "hip/hip-waist-up", 0.12),
    ("buttocks/buttocks-volume-decr", "buttocks/buttocks-volume-incr", 0.14),
    ("arms/measure-upperarm-length-decr", "arms/measure-upperarm-length-incr", 0.07),
    ("arms/measure-lowerarm-length-decr", "arms/measure-lowerarm-length-incr", 0.07),
    ("legs/upperlegs-height-decr", "legs/upperlegs-height-incr", 0.05),
    ("legs/lowerlegs-height-decr", "legs/lowerlegs-height-incr", 0.05),
    ("legs/measure-calf-circ-decr", "legs/measure-calf-circ-incr", 0.10),
    ("hands/~hand-fingers-length-decr", "hands/~hand-fingers-length-incr", 0.12),
    ("neck/neck-scale-vert-decr", "neck/neck-scale-vert-incr", 0.06),
)
_LIMIT = 2.0  # standard deviations


def individual_weights(seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seeded weights of the head's and of the body's detail targets."""
    rng = np.random.default_rng(seed)

    def drawn(deviation: float) -> float:
        return float(np.clip(rng.standard_normal(), -_LIMIT, _LIMIT)) * deviation

    def pairs(traits: tuple[tuple[str, str, float], ...]) -> dict[str, float]:
        out: dict[str, float] = {}
        for low, high, deviation in traits:
            value = drawn(deviation)
            out[low if value < 0 else high] = abs(value)
        return out

    head = pairs(_HEAD)
    for name, deviation in _ASYMMETRY:
        value = drawn(deviation)
        head[f"asym/asym-{name}-{'l' if value < 0 else 'r'}"] = abs(value)
    return head, pairs(_BODY)
