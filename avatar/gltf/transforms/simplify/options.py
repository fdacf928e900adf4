"""What counts as error, and which parts are treated apart."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimplifyOptions:
    """Weights of what counts as error, relative to position. Tuned on posed and morphed avatars (bench/gltf)."""

    normals: float = 0.1  # a right angle costs as much as this part of the length of an edge
    face_normals: float = 0.25  # the same where morphs move the surface: dents show in a face before they measure
    morphs: float = 0.5
    bends: float = 0.4  # of a radian: how far every joint is thought to bend
    texture: float = 0.05
    components: int = 6  # principal components kept of morphs and of bends
    face: float = 2.5  # importance of surface that morphs, times what its part has
    near: float = 1.2  # importance of what surrounds the face: ears, neck, collar
    stirs: float = 6e-4  # of the extent: surface that a morph moves farther than this is face
    reach: float = 0.16  # of the extent: what is nearer to the middle of the face than this surrounds it
    floor: float = 0.2  # of its even share: what every part keeps at least
    least: int = 12  # triangles that a part keeps in any case
    contact: float = 0.002  # of the extent: lips and lids nearer than this touch
    locks: float = 0.04  # vertices locked on the edges of lips and lids, at most, for each triangle of the target
    strays: float = 0.01  # vertices locked because the first attempt left them behind, for each triangle of the target


DEFAULTS = SimplifyOptions()


@dataclass(frozen=True, slots=True)
class Apart:
    """A part that is reduced on its own: to ``share`` times an even reduction and ``most`` of the whole target."""

    share: float
    most: float = 1.0
    worth: float = 0.0  # of its triangles: with fewer than this it is dropped whole
    rigid: bool = False  # made of pieces that must all stay: dropped whole when one does not


# Parts by the names of node, mesh and material, first match wins. Reduced on their own: what few will miss from afar,
# what is all edges, and thin frames, whose small triangles all show.
# Nothing is pruned from these: each card and each piece of a frame stays as long as it has triangles.
APART = (
    (re.compile(r"lash", re.I), Apart(2.0, worth=0.2)),
    (re.compile(r"shadow|occlusion", re.I), Apart(0.4)),
    (re.compile(r"teeth|tongue", re.I), Apart(2.0, most=0.03)),
    (re.compile(r"glasses|eyewear|facewear|headset|headwear|earring", re.I), Apart(6.0, most=0.06, rigid=True)),
    (re.compile(r"(beard|brow)(?!.*_cap)", re.I), Apart(2.6, most=0.09)),
    (re.compile(r"eye", re.I), Apart(1.2)),  # balls behind the lids: merged with the face they would be pruned away
)
# Importance: thin shells that the skin must not poke through.
NAMED = ((re.compile(r"outfit|shirt|cloth", re.I), 1.5),)
# Morphs in which two sides of the face meet or part: their edges must stay in step, or the mouth shows teeth at rest.
PARTING = ("jawOpen", "mouthOpen", "viseme_aa", "mouthFunnel", "Fcl_MTH_A")
CLOSING = ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed", "Fcl_EYE_Close")
