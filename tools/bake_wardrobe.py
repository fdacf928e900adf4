"""Draft every garment pattern on an average adult and write ``wardrobe.npz`` (tops), ``bottoms.npz``, ``shoes.npz``.

Run it again after a change to a cut, a budget or the source data:
``python -m tools.bake_wardrobe [tops] [bottoms] [shoes]``. It takes a few seconds and gives the same bytes every time.
The first two hold, per pattern, the arrays of ``avatar.human.wardrobe.pattern.to_arrays``, the third the shapes on
which shoes are painted.
"""

from __future__ import annotations

import sys
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
from avatar.human.wardrobe.bottoms.draft import draft_bottom
from avatar.human.wardrobe.draft_top import draft_top
from avatar.human.wardrobe.frame import dress_form
from avatar.human.wardrobe.garments import BOTTOMS, TOPS
from avatar.human.wardrobe.pattern import Pattern, to_arrays
from avatar.human.wardrobe.shoes import foot as foot_of
from avatar.human.wardrobe.shoes import last
from avatar.human.wardrobe.shoes.pair import skin_of_foot
from avatar.profile import AvatarStyle

DATA = Path(__file__).resolve().parents[1] / "avatar" / "human" / "data"


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


def draft_tops(figure: Figure) -> dict[str, Pattern]:
    """Every pattern of a top by name; garments that share one are drafted once."""
    fits = {fit.pattern: fit for fit in reversed(TOPS.values())}
    return {name: draft_top(figure, fit) for name, fit in sorted(fits.items())}


def draft_bottoms(figure: Figure) -> dict[str, Pattern]:
    """Every pattern of a bottom by name."""
    fits = {fit.pattern: fit for fit in reversed(BOTTOMS.values())}
    return {name: draft_bottom(figure, fit) for name, fit in sorted(fits.items())}


def last_shoes(figure: Figure) -> dict[str, NDArray[Any]]:
    """The left shoe of every kind on the figure: shoes are painted on it."""
    dummy = dress_form(figure)
    foot, axes = foot_of.measure(figure, dummy, "Left", 1.0)
    skin, _ = skin_of_foot(figure, dummy, "Left", figure.joints["LeftFoot"] * [1.0, 0.0, 1.0], axes)
    arrays: dict[str, NDArray[Any]] = {}
    for kind, fit in last.SHOES.items():
        arrays |= last.to_arrays(kind, last.loft(foot, fit, skin))
    return arrays


def patterns_of(patterns: dict[str, Pattern]) -> dict[str, NDArray[Any]]:
    """The arrays of all patterns."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, made in patterns.items():
        print(f"{name}: {len(made.triangles)} triangles, {len(made.cut.origin)} cloth vertices")
        arrays |= to_arrays(name, made)
    return arrays


def write(archive: str, arrays: dict[str, NDArray[Any]]) -> None:
    """One archive of the data folder."""
    draft = DATA / f"new_{archive}"  # renamed when whole: others may be reading the old one
    np.savez_compressed(draft, allow_pickle=False, **arrays)
    draft.replace(DATA / archive)
    print(f"{archive}: {(DATA / archive).stat().st_size / 1024:.0f} KiB")


def main() -> None:
    chosen = sys.argv[1:] or ["tops", "bottoms", "shoes"]
    figure = average_adult()
    if "tops" in chosen:
        write("wardrobe.npz", patterns_of(draft_tops(figure)))
    if "bottoms" in chosen:
        write("bottoms.npz", patterns_of(draft_bottoms(figure)))
    if "shoes" in chosen:
        write(last.ARCHIVE, last_shoes(figure))


if __name__ == "__main__":
    main()
