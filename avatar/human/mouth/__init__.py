"""Teeth, gums and tongue as one part that follows the jaw and speaks."""

from __future__ import annotations

import numpy as np

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.eyes import surface_normals
from avatar.human.figure import F64, I64, Figure, Material, Part
from avatar.human.mouth.paint import mouth_gloss, paint_mouth
from avatar.human.mouth.shape import apply_affine, fit_affine
from avatar.human.mouth.teeth import BEHIND, PROFILE_V, dental_arch
from avatar.human.mouth.tongue import AROUND, LIPS, SPINES, along, tongue, tongue_points
from avatar.human.skin.maps import landmarks
from avatar.human.visemes import EXTRAS, HELD, OWN, TONGUES, VISEMES
from avatar.profile import AvatarStyle

__all__ = ["mouth_coat", "mouth_parts"]

JAW_FOLLOW = 1.05  # lower teeth stay behind the lower lip, which drops further than the jaw that bears them
STILL = 2e-6  # metres
NOTICEABLE = 1e-5


def mouth_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Teeth``, gums and tongue included."""
    decade, drawn = int(character.body.age // 10), character.style is not AvatarStyle.REALISTIC
    material = Material(name="Wolf3D_Teeth", double_sided=True, specular=0.5)
    paints = {
        Slot.COLOUR: Paint(paint_key("mouth", decade, drawn), lambda: paint_mouth(decade, drawn)),
        Slot.PACKED: Paint(paint_key("mouth gloss"), mouth_gloss),
    }
    return Coat(material, paints)


def mouth_parts(figure: Figure) -> list[Part]:
    """``Wolf3D_Teeth``: both arches and the tongue, fitted to this mouth, wholly on the head joint (912 triangles).

    The lower arch and the tongue follow each morph as the figure's lower teeth do (an affine fit of their movement).
    """
    marks = landmarks()
    upper_fit = fit_affine(marks.upper_teeth_canonical, figure.vertices[marks.upper_teeth])
    lower_fit = fit_affine(marks.lower_teeth_canonical, figure.vertices[marks.lower_teeth])
    drawn = figure.character.style is not AvatarStyle.REALISTIC
    shapes = (dental_arch(True, drawn), dental_arch(False, drawn), tongue())
    fits = (upper_fit, lower_fit, lower_fit)
    placed = [apply_affine(fit, shape.positions) for fit, shape in zip(fits, shapes, strict=True)]
    positions = np.concatenate(placed)
    starts = np.cumsum([0, *(len(p) for p in placed)])
    lower, blade = slice(starts[1], starts[2]), slice(starts[2], starts[3])
    lips = float(figure.vertices[marks.mouth_rim, 2].max() - placed[0][:, 2].max()) / float(
        np.linalg.norm(lower_fit[:, 2])
    )
    poses = {pose: apply_affine(lower_fit, tongue_points(pose, max(lips, LIPS))) - placed[2] for pose in SPINES}
    tip = np.repeat(np.clip(along() * 2.2 - 0.6, 0, 1), AROUND)[:, None]
    morphs: dict[str, F64] = {}
    field = np.zeros_like(figure.vertices)
    for name, delta in figure.morphs.items():
        field[:] = 0
        field[delta.index] = delta.offset
        moved = np.zeros_like(positions)
        if np.abs(field[marks.upper_teeth]).max() > NOTICEABLE:
            moved[: starts[1]] = _following(figure, field, placed[0], upper=True)
        if np.abs(field[marks.lower_teeth]).max() > NOTICEABLE:
            follow = JAW_FOLLOW if _opens(name) else 1.0
            moved[lower] = follow * _following(figure, field, placed[1], upper=False)
            moved[blade] = _following(figure, field, placed[2], upper=False) * (1 - HELD.get(name, 0.0) * tip)
        for pose, weight in TONGUES.get(name, {}).items():
            moved[blade] += weight * poses[pose]
        if np.abs(moved).max() > STILL:
            morphs[name] = moved
    weights = np.zeros((len(positions), len(figure.joint_names)), np.float32)
    weights[:, figure.joint_names.index("Head")] = 1
    triangles = np.concatenate([s.triangles + start for s, start in zip(shapes, starts, strict=False)])
    return [
        Part(
            node="Wolf3D_Teeth",
            material=mouth_coat(figure.character).painted(),
            positions=positions,
            normals=_lit(surface_normals(positions, triangles), starts),
            uv=np.concatenate([s.uv for s in shapes]),
            triangles=triangles,
            weights=weights,
            morphs=morphs,
        )
    ]


def _lit(normals: F64, starts: I64) -> F64:
    """Normals with those behind the teeth turned to the light that falls into the mouth; else they are black."""
    out = normals.copy()
    for arch, sign in ((0, -1.0), (1, 1.0)):
        rows = len(PROFILE_V)
        behind = slice(starts[arch] + (starts[arch + 1] - starts[arch]) * BEHIND // rows, starts[arch + 1])
        out[behind] = 0.35 * out[behind] + [0.0, sign, 0.5]
        out[behind] /= np.linalg.norm(out[behind], axis=1, keepdims=True)
    return out


def _opens(morph: str) -> bool:
    return morph == "jawOpen" or "jawOpen" in {**VISEMES, **EXTRAS, **OWN}.get(morph, {})


def _following(figure: Figure, field: F64, points: F64, *, upper: bool) -> F64:
    """How ``points`` move when they go with the figure's own teeth."""
    ids = landmarks().upper_teeth if upper else landmarks().lower_teeth
    return apply_affine(fit_affine(figure.vertices[ids], field[ids]), points)
