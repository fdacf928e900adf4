"""The pictures of options in the catalogue, by the project's own renderer.

    python -m tools.bake_thumbnails [FIELD ...] [--out FOLDER] [--sheet SHEET.png]

Without fields all of them; pictures of options that are there no more are removed. Some 3 seconds a picture.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from avatar.character import AccessoryKind, CharacterDescription, HairStyle
from avatar.choices.catalogue import option_values, patch_of
from avatar.choices.thumbnails import FOLDER, MAX_BYTES, SIDE, stem_of
from avatar.customize import apply_customization, parse_customization
from avatar.describe.offline import describe_offline
from avatar.human.human import make_human
from avatar.picture import Framing, Pose, Studio, View
from avatar.picture.camera import Frame, aim
from avatar.picture.posture import rotations
from avatar.picture.studio import straight
from avatar.profile import AgentProfile
from avatar.settable import settable_fields

GROUND: Final = "#e3e6ea"
FINE: Final = 2  # times the size, before it is reduced
CLOTH, SECOND = "#4f7196", "#efe6d2"
PEOPLE: Final = {
    "woman": "A woman of 30, of average build. Brown eyes, light skin, clean-shaven, no make-up, no glasses, no "
    "earrings. Long straight brown hair. She wears a grey T-shirt, dark jeans and white sneakers.",
    "man": "A man of 32, of average build. Brown eyes, light skin, clean-shaven, no glasses. Short brown hair. "
    "He wears a grey T-shirt, dark jeans and white sneakers.",
}
EVEN: Final = dict.fromkeys(("jawWidth", "chin", "noseWidth", "noseLength", "noseProfile", "mouthWidth"), 0.0)
MANLY: Final = frozenset((HairStyle.BALD, HairStyle.BUZZ, HairStyle.CROP, HairStyle.UNDERCUT, HairStyle.SIDE_PART))
TIED: Final = frozenset((HairStyle.BUN, HairStyle.PONYTAIL))


@dataclass(frozen=True, slots=True)
class Sight:
    """What a picture shows: ``height`` metres about ``above`` metres over a joint of an adult of 1.65 m."""

    joint: str
    above: float
    height: float
    view: View = View.FRONT
    aside: float = 0.0  # of the joint, to the picture's right
    who: str = "woman"
    wears: Mapping[str, Any] | None = None  # customization beside the option's own


LEGS: Final = Sight("Hips", -0.43, 1.06, View.THREE_QUARTER, wears={"outfit": {"footwear": {"colour": "white"}}})
HEAD: Final = Sight("Head", 0.03, 0.42, View.THREE_QUARTER)
CLOTHED: Final = {"hair": {"style": "bun"}, "outfit": {"top": {"colour": CLOTH, "accent": SECOND}}}
SIGHTS: Final[Mapping[str, Sight]] = {
    "style": Sight("Head", 0.045, 0.40, wears={"skin": {"makeUp": 0.3}}),
    "face.shape": Sight("Head", 0.04, 0.29),
    "face.brows": Sight("LeftEye", 0.008, 0.105, aside=-0.031),
    "eyes.iris": Sight("LeftEye", 0.0, 0.034, wears={"eyes": {"colour": "green"}}),
    "eyes.lashes": Sight("LeftEye", 0.004, 0.06, View.THREE_QUARTER),
    "hair.style": HEAD,
    "hair.facial": Sight("Head", 0.01, 0.27, View.THREE_QUARTER, who="man"),
    "outfit.top.kind": Sight("Spine2", -0.06, 0.78, View.THREE_QUARTER, wears=CLOTHED),
    "outfit.top.pattern": Sight("Spine2", -0.02, 0.60, View.THREE_QUARTER, wears=CLOTHED),
    "outfit.top.logo": Sight("Spine2", 0.02, 0.48, wears=CLOTHED),
    "outfit.bottom.kind": LEGS,
    "outfit.bottom.pattern": Sight(
        "Hips", -0.22, 0.60, View.THREE_QUARTER,
        wears={"outfit": {"bottom": {"kind": "skirt", "colour": CLOTH, "accent": SECOND}}},
    ),
    "outfit.footwear.kind": Sight(
        "LeftFoot", 0.0, 0.33, View.THREE_QUARTER, aside=-0.09,
        wears={"outfit": {"bottom": {"kind": "shorts"}, "footwear": {"colour": "#7a4a30"}}},
    ),
    "outfit.accessories": Sight("Head", 0.035, 0.27, View.THREE_QUARTER),
}  # fmt: skip


def sight_of(path: str, value: str) -> Sight:
    """How the option is shown; some need another side or another face."""
    if path == "hair.style":
        style = HairStyle(value)
        who = "man" if style in MANLY else "woman"
        return Sight("Head", 0.03, 0.42, View.SIDE if style in TIED else View.THREE_QUARTER, who=who)
    if path == "outfit.accessories" and value == AccessoryKind.EARRINGS:
        return Sight("Head", 0.005, 0.15, View.SIDE, wears={"hair": {"style": "bun"}})
    if path == "outfit.accessories" and value == AccessoryKind.HEADSET:
        return Sight("Head", 0.05, 0.34, View.THREE_QUARTER, who="man")
    if path == "outfit.accessories" and value in (AccessoryKind.CAP, AccessoryKind.BEANIE):
        return Sight("Head", 0.07, 0.36, View.THREE_QUARTER)
    if path == "outfit.top.kind" and value == "dress":
        return Sight("Hips", 0.04, 1.05, View.THREE_QUARTER, wears=CLOTHED)
    return SIGHTS[path]


def shown(path: str, value: str, sight: Sight) -> CharacterDescription:
    """The person who wears the option."""
    profile = AgentProfile(agent_id=f"bust-{sight.who}", name="A", description=PEOPLE[sight.who])
    worn: Any = patch_of(path, [value] if path == "outfit.accessories" else value)
    patches: list[Mapping[str, Any]] = [{"face": EVEN}, {"hair": {"colour": "#5a3a26"}}, sight.wears or {}, worn]
    if path == "outfit.bottom.kind":
        patches.append({"outfit": {"bottom": {"colour": "denim" if value == "jeans" else "#8a7f6c"}}})
    character = describe_offline(profile).character
    for patch in patches:
        character = apply_customization(character, parse_customization(patch, "thumbnail"))
    return character


def photograph(studio: Studio, character: CharacterDescription, sight: Sight) -> Image.Image:
    """One option, ``SIDE`` pixels a side."""
    studio.place(make_human(character))
    subject = studio.subject
    assert subject is not None
    joint = subject.at(sight.joint)
    assert joint is not None
    scale = character.body.height / 1.65
    centre = np.array([joint[0] + sight.aside * scale, joint[1] + sight.above * scale, joint[2]])
    size = sight.height * scale
    lens = aim(Frame(centre, size, size, min(0.1, 0.6 * size)), sight.view, Framing.PORTRAIT, 1.0)
    turned = {str(index): list(map(float, turn)) for index, turn in rotations(subject, Pose.RELAXED).items()}
    still = {str(index): [0.0] * len(names) for index, names in subject.morphs.items()}
    pixels = straight(studio.draw(FINE * SIDE, FINE * SIDE, lens, sight.view, {"rotations": turned, "morphs": still}))
    ground = Image.new("RGBA", (FINE * SIDE, FINE * SIDE), GROUND)
    ground.alpha_composite(Image.fromarray(pixels, "RGBA"))
    return ground.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def encoded(picture: Image.Image) -> bytes:
    """WebP, as good as fits."""
    for quality in range(96, 20, -4):
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MAX_BYTES:
            return out.getvalue()
    raise ValueError("a thumbnail that is too large at any quality")


def options(wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Path and value of every option that is wanted, by its own name or its field's; of all when none is."""
    for field in settable_fields():
        for value in option_values(field):
            if not wanted or {field.path, stem_of(field.path, value)} & wanted:
                yield field.path, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fields", nargs="*", metavar="FIELD", help="such as hair.style, or hair.style.bob")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--sheet", type=Path, help="all of them on one picture, to look at")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    pictures: list[Image.Image] = []
    with Studio() as studio:
        for path, value in options(frozenset(arguments.fields)):
            sight = sight_of(path, value)
            picture = photograph(studio, shown(path, value, sight), sight)
            data = encoded(picture)
            (arguments.out / f"{stem_of(path, value)}.webp").write_bytes(data)
            pictures.append(Image.open(io.BytesIO(data)).convert("RGB"))
            print(f"{stem_of(path, value)}  {len(data)} bytes", flush=True)
    if not arguments.fields:
        known = {stem_of(path, value) for path, value in options(frozenset())}
        for file in arguments.out.glob("*.webp"):
            if file.stem not in known:
                file.unlink()
    if arguments.sheet:
        columns = 12
        sheet = Image.new("RGB", (columns * SIDE, -(-len(pictures) // columns) * SIDE), GROUND)
        for number, picture in enumerate(pictures):
            sheet.paste(picture, (number % columns * SIDE, number // columns * SIDE))
        sheet.save(arguments.sheet)


if __name__ == "__main__":
    main()
