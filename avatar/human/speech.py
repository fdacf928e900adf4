"""The mouth's share of the 72 contract morphs: jaw and lips of speech, authored where the source's units fall short."""

from __future__ import annotations

from collections.abc import Mapping

from avatar.human.figure import F64, Delta
from avatar.human.lips import kept_off_teeth, pressed, rounded, shaped
from avatar.human.visemes import EXTRAS, OWN, SHAPES, VISEMES, mix
from avatar.morph_names import ARKIT


def speech(vertices: F64, units: Mapping[str, Delta]) -> dict[str, Delta]:
    """Every contract morph by name, for (19158, 3) A-pose vertices whose lips are closed; ``units`` are ARKit's 52."""
    own = dict(units)
    jaw = own["jawOpen"]
    own["jawOpen"] = rounded(vertices, jaw)
    # mouthClose shuts the lips of an open jaw, so it takes back what the rounding did to them
    own["mouthClose"] = mix(
        {"close": 1.0, "jaw": 1.0, "rounded": -1.0},
        {"close": own["mouthClose"], "jaw": jaw, "rounded": own["jawOpen"]},
    )
    own |= {name: shaped(vertices, own[name], SHAPES[name]) for name in SHAPES if name in ARKIT}
    for name, parts in OWN.items():
        own[name] = _said(vertices, name, parts, own)
    morphs = {name: own[name] for name in ARKIT}
    morphs |= {name: _said(vertices, name, parts, own) for name, parts in {**VISEMES, **EXTRAS}.items()}
    return {name: kept_off_teeth(vertices, unit) if _of_lips(name) else unit for name, unit in morphs.items()}


def _of_lips(name: str) -> bool:
    return name.startswith(("mouth", "viseme", "jaw", "tongue")) and name != "viseme_sil"


def _said(vertices: F64, name: str, parts: Mapping[str, float], units: Mapping[str, Delta]) -> Delta:
    mixed = mix(parts, units)
    if name in SHAPES:
        return shaped(vertices, mixed, SHAPES[name])
    if name == "viseme_PP":
        return pressed(vertices, mixed)
    return rounded(vertices, mixed) if "jawOpen" in parts else mixed
