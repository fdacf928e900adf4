"""How a character's eyes are painted: colours, pattern and sizes, by style and age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.character import CharacterDescription, IrisPattern
from avatar.human.figure import F64
from avatar.profile import AvatarStyle

AMBER = np.array([0.56, 0.41, 0.20])
HAZEL = np.array([0.44, 0.29, 0.13])


@dataclass(frozen=True, slots=True)
class EyeLook:
    """How the eye is painted. Colours are sRGB."""

    inner: F64
    outer: F64
    accent: F64  # of the ring or the speckles
    sclera: F64
    pattern: IrisPattern
    limbal: float  # strength of the dark rim
    iris_mm: float  # radius of the iris on a ball of 14.95 mm
    tall: tuple[float, float] = (1.0, 1.0)  # width and height of the painted iris
    pupil: float = 0.4  # of the iris radius
    veins: float = 0.0
    highlight: float = 0.0  # faint painted catch light, for viewers that drop the glints
    detail: float = 1.0  # strength of the fibres
    drawn: bool = False  # flat gradients instead of fibres
    bulge: float = 0.072
    seed: int = 0


def eye_look(character: CharacterDescription) -> EyeLook:
    """Iris colours around the described one; fair eyes get a warm ring at the pupil, dark ones a lighter outside."""
    rng = np.random.default_rng([character.seed, 0xE1E])
    colour = np.array([int(character.eyes.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    fairness = float(np.clip((colour.max() - 0.25) / 0.35, 0, 1))
    brown = float(np.clip((colour[0] - colour[2]) / 0.18, 0, 1))
    inner_fair = colour * 0.5 + AMBER * 0.5
    inner_brown = np.clip(colour * 1.35 + np.array([0.05, 0.02, 0.0]), 0, 0.8)
    inner = (inner_fair * fairness + np.clip(colour * 1.5 + 0.02, 0, 1) * (1 - fairness)) * (1 - brown)
    inner = inner + inner_brown * brown
    accent = AMBER if brown < 0.5 and character.eyes.iris is IrisPattern.RINGED else HAZEL
    accent = accent * (1 - brown) + np.array([0.72, 0.50, 0.22]) * brown * max(0.45, fairness)
    tone = character.skin.tone
    old = float(np.clip((character.body.age - 45) / 40, 0, 1))
    young = float(np.clip((16 - character.body.age) / 8, 0, 1))
    pattern = character.eyes.iris
    if character.style is AvatarStyle.REALISTIC:
        # light falls on the iris unshaded by the brow in most viewers: keep it a little greyer than named
        grey = colour * 0.90 + 0.10 * colour.mean() - 0.02
        sclera = np.array([0.875, 0.845, 0.82]) - np.array([0.04, 0.05, 0.07]) * tone
        return EyeLook(
            inner=np.clip(inner * 0.95, 0, 1), outer=np.clip(grey, 0, 1), accent=accent,
            sclera=sclera - np.array([0.02, 0.03, 0.06]) * old + np.array([0.02, 0.025, 0.035]) * young,
            pattern=pattern, limbal=0.82 - 0.30 * old, iris_mm=6.2 + 0.3 * young,
            pupil=0.40 - 0.06 * old + 0.03 * young + float(rng.normal(0, 0.012)),
            veins=0.55 + 0.35 * old - 0.40 * young, highlight=0.22, seed=character.seed,
        )  # fmt: skip
    bright = np.array([0.93, 0.92, 0.91])
    vivid = np.clip(colour * 1.12 + 0.02, 0, 1)
    if character.style is AvatarStyle.STYLISED:
        return EyeLook(
            inner=np.clip(inner * 1.1, 0, 1), outer=vivid, accent=accent, sclera=bright, pattern=pattern, limbal=0.9,
            iris_mm=7.1, pupil=0.44, highlight=0.25, detail=0.55, bulge=0.05, seed=character.seed,
        )  # fmt: skip
    return EyeLook(
        inner=vivid, outer=vivid, accent=accent, sclera=bright + 0.045, pattern=pattern, limbal=0.9, iris_mm=6.4,
        tall=(0.90, 1.08), pupil=0.40, highlight=0.25, detail=0.3, drawn=True, bulge=-0.045, seed=character.seed,
    )  # fmt: skip
