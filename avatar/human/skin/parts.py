"""Head and body skin as parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatar.character import CharacterDescription
from avatar.human import proportions
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F64, I64, Delta, Figure, Material, Part
from avatar.human.skin import body_skin, gloss, head, relief
from avatar.human.skin.maps import Landmarks, Surface, landmarks, surface
from avatar.human.skin.palette import look_of, only

HEAD_IMPORTANCE = 3.0  # lips and lids keep their loops when the avatar is simplified
SKIN_SPECULAR = 0.7  # a refractive index of 1.4 reflects 2.8 %, glTF's default 4 %; else deep skin looks dusty
STILL = 2.0e-6  # metres; a morph that moves a part less than this does not belong to it


def skin_normals(vertices: F64) -> F64:
    """Area-weighted unit normals of the whole skin, (19158, 3); one field, so head and body agree along the seam."""
    quads = landmarks().surface
    corner = vertices[quads]
    # twice the area vector of a quad is the cross product of its diagonals
    area = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    out = np.empty_like(vertices)
    for k in range(3):
        out[:, k] = np.bincount(quads.ravel(), np.repeat(area[:, k], 4), len(vertices))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.where(length < 1e-14, [0.0, 0.0, 1.0], out / np.maximum(length, 1e-14))


def dense_morphs(morphs: Mapping[str, Delta], vertex: I64, count: int, still: I64) -> dict[str, F64]:
    """The morphs that move ``vertex`` (n,), as (n, 3); ``count`` base vertices; the vertices ``still`` stay."""
    out: dict[str, F64] = {}
    field = np.zeros((count, 3))
    for name, delta in morphs.items():
        field[:] = 0
        field[delta.index] = delta.offset
        field[still] = 0
        moved = field[vertex]
        if np.abs(moved).max() > STILL:
            out[name] = moved
    return out


def _part(node: str, material: Material, figure: Figure, piece: Surface, keep: I64, morphs: bool) -> Part:
    used, triangles = np.unique(keep, return_inverse=True)
    vertex = piece.vertex[used]
    marks: Landmarks = landmarks()
    return Part(
        node=node,
        material=material,
        positions=figure.vertices[vertex],
        normals=proportions.soft_normals(figure.character.style, skin_normals(figure.vertices))[vertex],
        uv=piece.uv[used],
        triangles=triangles.reshape(-1, 3).astype(np.int64),
        weights=figure.weights[vertex],
        morphs=dense_morphs(figure.morphs, vertex, len(figure.vertices), marks.neck_seam) if morphs else {},
        importance=HEAD_IMPORTANCE if morphs else 1.0,
    )


def skin_coats(character: CharacterDescription) -> tuple[Coat, Coat]:
    """``Wolf3D_Skin`` of the head and ``Wolf3D_Body`` of the rest."""
    look = look_of(character)
    shown, bare = replace(look, nail=None), only(look, body_skin.COLOUR)
    face = {Slot.COLOUR: Paint(paint_key("head", shown), lambda: head.head_colour(shown))}
    rest = {Slot.COLOUR: Paint(paint_key("body", bare), lambda: body_skin.body_colour(bare))}
    if not look.flat:
        lined, creased = only(look, relief.HEAD), only(look, relief.BODY)
        shiny = replace(only(look, gloss.HEAD), scalp=float(look.scalp > 0))  # it asks only whether hair grows there
        dull = only(look, gloss.BODY)
        face[Slot.NORMAL] = Paint(paint_key("head relief", lined), lambda: relief.head_relief(lined))
        rest[Slot.NORMAL] = Paint(paint_key("body relief", creased), lambda: relief.body_relief(creased))
        face[Slot.PACKED] = Paint(paint_key("head gloss", shiny), lambda: gloss.head_gloss(shiny))
        rest[Slot.PACKED] = Paint(paint_key("body gloss", dull), lambda: gloss.body_gloss(dull))
    plain = Material("Wolf3D_Skin", roughness=0.9 if look.flat else 1.0, specular=SKIN_SPECULAR)
    return Coat(plain, face), Coat(replace(plain, name="Wolf3D_Body"), rest)


def skin_parts(figure: Figure, hidden: NDArray[np.bool_]) -> list[Part]:
    """``Wolf3D_Head`` (head, neck, ears, inside of the mouth; all face morphs) and ``Wolf3D_Body`` (the rest).

    ``hidden`` (19158,) marks the base vertices that clothes cover: a face goes when all its vertices are hidden. The
    body part is left out when nothing of it remains. Both are painted for the figure's character.
    """
    face, rest = skin_coats(figure.character)
    upper, lower = surface("head"), surface("body")
    visible = lower.triangles[~hidden[lower.vertex[lower.triangles]].all(1)]
    parts = [_part("Wolf3D_Head", face.painted(), figure, upper, upper.triangles, True)]
    if len(visible):
        parts.append(_part("Wolf3D_Body", rest.painted(), figure, lower, visible, False))
    return parts
