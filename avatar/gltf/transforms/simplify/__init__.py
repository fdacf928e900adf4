"""Fewer triangles, the same vertices: skins, morphs and texture coordinates survive bit by bit.

All primitives are merged where the bind pose puts them and share one budget that follows the error, so triangles end
up where they show. What counts as error besides position: normals, the motion of morph targets, what bent joints do,
and texture coordinates, each as columns that are linear on flat, evenly moving surface. The importance of a part is
one more group of columns, a scaled copy of its positions: their quadric is the part's own plane distance again, so it
raises the cost of a part without moving its vertices apart from a neighbour's along a seam.

Quadrics see planes only: the tip of a strand can slide down the strand for nothing. So the result is measured, at
rest and with every joint bent; the vertices that it left farthest behind are locked, and it is made once more.

Error quadrics: Garland and Heckbert 1998 ("Simplifying Surfaces with Color and Texture using Quadric Error Metrics");
the simplifier is meshoptimizer in the sidecar.
"""

from avatar.gltf.transforms.simplify.options import APART, CLOSING, DEFAULTS, NAMED, PARTING, Apart, SimplifyOptions
from avatar.gltf.transforms.simplify.parts import Survey, survey
from avatar.gltf.transforms.simplify.reduction import simplify

__all__ = [
    "APART",
    "CLOSING",
    "DEFAULTS",
    "NAMED",
    "PARTING",
    "Apart",
    "SimplifyOptions",
    "Survey",
    "simplify",
    "survey",
]
