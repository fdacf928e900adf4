"""Draft every garment pattern on an average adult and write ``avatar/human/data/wardrobe.npz``.

Run it again after a change to a cut, a budget or the source data: ``python -m tools.bake_wardrobe``. It takes a few
seconds and gives the same bytes every time. The archive holds, per pattern, the arrays of
``avatar.human.wardrobe.pattern.to_arrays``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.character import (
    Body,
    Bottom,
    CharacterDescription,
    Eyes,
    Face,
    Footwear,
    Hair,
    HairStyle,
    Outfit,
    Skin,
    Top,
)
from avatar.human.body import shape_figure
from avatar.human.figure import Figure
from avatar.human.wardrobe.drafting import draft_bottom, draft_top
from avatar.human.wardrobe.garments import BOTTOMS, TOPS
from avatar.human.wardrobe.pattern import Pattern, to_arrays
from avatar.profile import AvatarStyle

ARCHIVE = Path(__file__).resolve().parents[1] / "avatar" / "human" / "data" / "wardrobe.npz"


def average_adult() -> Figure:
    """Halfway between the sexes, average build: every figure is as near to it as possible."""
    white = "#ffffff"
    return shape_figure(
        CharacterDescription(
            name="dress form",
            style=AvatarStyle.REALISTIC,
            seed=0,
            body=Body(gender=0.5, age=28, height=1.72, weight=0.5, muscle=0.5),
            face=Face(),
            skin=Skin(tone=0.5),
            eyes=Eyes(colour=white),
            hair=Hair(style=HairStyle.BALD, colour=white),
            outfit=Outfit(top=Top(colour=white), bottom=Bottom(colour=white), footwear=Footwear(colour=white)),
        )
    )


def draft_all(figure: Figure) -> dict[str, Pattern]:
    """Every pattern by name; garments that share one are drafted once."""
    patterns: dict[str, Pattern] = {}
    for top in TOPS.values():
        patterns.setdefault(top.pattern, draft_top(figure, top))
    for bottom in BOTTOMS.values():
        patterns.setdefault(bottom.pattern, draft_bottom(figure, bottom))
    return patterns


def main() -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for name, made in draft_all(average_adult()).items():
        print(f"{name}: {len(made.triangles)} triangles, {len(made.cut.origin)} cloth vertices")
        arrays |= to_arrays(name, made)
    draft = ARCHIVE.with_name(f"new_{ARCHIVE.name}")  # renamed when whole: others may be reading the old one
    np.savez_compressed(draft, allow_pickle=False, **arrays)
    draft.replace(ARCHIVE)
    print(f"{ARCHIVE.name}: {ARCHIVE.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
