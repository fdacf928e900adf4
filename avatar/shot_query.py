"""What a URL asks of a picture, in Ready Player Me's words, as a Shot. All mistakes are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Final
from urllib.parse import quote, urlencode

from avatar.json_text import shown
from avatar.problems import Problem, refusal
from avatar.shot import EXPRESSIONS, MAX_SIDE, Expression, Framing, Pose, Shot, View
from avatar.variant_query import IGNORED, MAX_PARAMETERS, MAX_VERSION, Parameter

SIZE: Final = 800  # pixels a side, as Ready Player Me's clients expect
SIDES: Final = (16, MAX_SIDE)


class Camera(StrEnum):
    """Framings by Ready Player Me's names."""

    PORTRAIT = "portrait"
    FULL_BODY = "fullbody"
    FIT = "fit"
    FACE = "face"


CAMERAS: Final[Mapping[Camera, Framing]] = {
    Camera.PORTRAIT: Framing.PORTRAIT,
    Camera.FULL_BODY: Framing.FULL_BODY,
    Camera.FIT: Framing.FULL_BODY,
    Camera.FACE: Framing.FACE,
}
# Ready Player Me's older way to say camera and background in one.
SCENES: Final[Mapping[str, Framing]] = {
    "fullbody-portrait-v1": Framing.PORTRAIT,
    "halfbody-portrait-v1": Framing.PORTRAIT,
    "fullbody-posture-v1": Framing.FULL_BODY,
}
TRANSPARENT: Final = "-transparent"
PARAMETERS: Final = (
    Parameter("camera", "portrait, fullbody, fit or face", "How much of the avatar; portrait by default."),
    Parameter("size", f"a number from {SIDES[0]} to {SIDES[1]}", f"Pixels a side; {SIZE} by default."),
    Parameter("background", "r,g,b or rrggbb or transparent", "Transparent by default."),
    Parameter("expression", f"one of {', '.join(Expression)}", "The face at rest by default."),
    Parameter("pose", f"one of {', '.join(Pose)}", "How it stands; relaxed by default."),
    Parameter("view", f"one of {', '.join(View)}", "From where; front by default."),
    Parameter(
        "blendShapes",
        "a number from 0 to 1, as `blendShapes[jawOpen]=0.5`",
        "The weight of a morph target; over that of the expression.",
    ),
    Parameter("scene", f"one of {', '.join(SCENES)}, or one of these with {TRANSPARENT}", "An older name of a camera."),
    Parameter("quality", "a number from 0 to 100", "Without effect: PNG loses nothing."),
    Parameter("v", f"a number from 1 to {MAX_VERSION}", "A version; the one that is served by default."),
)
NAMES: Final = tuple(parameter.name for parameter in PARAMETERS)
_BLEND = re.compile(r"blendshapes(?:\[[^\[\]]{1,128}\])?\[(?P<name>[^\[\]]{1,128})\]", re.I)
_COLOUR = re.compile(r"#?(?P<hex>[0-9a-f]{6})", re.I)
WHAT: Final = "the request"


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """``shot`` None: nothing was asked, so the picture that the version was published with will do."""

    shot: Shot | None
    version: int | None


@dataclass(slots=True)
class _Read:
    """What was understood, and what was not."""

    known: Mapping[str, str]  # morphs of the avatar by their lower-case names
    values: dict[str, str] = field(default_factory=dict)
    morphs: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, name: str, message: str) -> None:
        self.problems.append(Problem(name, message))

    def choice(self, name: str, valid: Sequence[str]) -> str | None:
        """The value of ``name`` as ``valid`` spells it."""
        said = self.values.get(name)
        if said is None:
            return None
        spelt = {option.lower(): option for option in valid}
        found = spelt.get(said.strip().lower())
        if found is None:
            self.wrong(name, f"must be one of {', '.join(valid)}, not {shown(said)}")
        return found

    def number(self, name: str, low: int, high: int) -> int | None:
        said = self.values.get(name)
        if said is None:
            return None
        if not (said.isascii() and said.isdecimal() and len(said) < 10 and low <= int(said) <= high):
            self.wrong(name, f"must be a whole number from {low} to {high}, not {shown(said)}")
            return None
        return int(said)


def parse(parameters: Iterable[tuple[str, str]], morphs: Sequence[str]) -> PictureQuery:
    """What ``parameters`` (name, value) ask of an avatar with these ``morphs``; order and case do not matter.

    Raises InvalidInput that tells all mistakes and what would be valid.
    """
    read = _Read(known={name.lower(): name for name in morphs})
    given = list(islice(parameters, MAX_PARAMETERS + 1))
    if len(given) > MAX_PARAMETERS:
        raise refusal([Problem("", f"more than {MAX_PARAMETERS} parameters")], "query", WHAT)
    for name, value in given:
        _take(read, name, value)
    framing, see_through = _camera(read)
    size = read.number("size", *SIDES) or SIZE
    expression = read.choice("expression", [each.value for each in Expression])
    pose = read.choice("pose", [each.value for each in Pose])
    view = read.choice("view", [each.value for each in View])
    read.number("quality", 0, 100)
    version = read.number("v", 1, MAX_VERSION)
    background = _background(read)
    if read.problems:
        raise refusal(read.problems, "query", WHAT)
    if not read.morphs and not read.values.keys() - {"v", "quality"}:
        return PictureQuery(None, version)
    face = EXPRESSIONS[Expression(expression)] if expression else {}
    shot = Shot(
        width=size,
        height=size,
        framing=framing,
        view=View(view) if view else View.FRONT,
        pose=Pose(pose) if pose else Pose.RELAXED,
        background=None if see_through else background,
        morphs={**{name: weight for name, weight in face.items() if name in set(morphs)}, **read.morphs},
    )
    return PictureQuery(shot, version)


def spell(shot: Shot, available_morphs: Sequence[str], *, version: int | None = None) -> str:
    """The canonical query of ``shot``: ``camera=portrait&expression=happy``. ``parse`` reads it back to the same.

    What is the default is not said, except the camera.
    """
    camera = next(camera for camera, framing in CAMERAS.items() if framing is shot.framing)
    said: list[tuple[str, str]] = [("camera", camera.value)]
    if shot.width != SIZE:
        said.append(("size", str(shot.width)))
    if shot.background is not None:
        said.append(("background", shot.background.removeprefix("#")))
    expression = expression_of(shot, available_morphs)
    if expression is not None:
        said.append(("expression", expression.value))
    if shot.pose is not Pose.RELAXED:
        said.append(("pose", shot.pose.value))
    if shot.view is not View.FRONT:
        said.append(("view", shot.view.value))
    if expression is None:
        said += [(f"blendShapes[{name}]", str(weight)) for name, weight in shot.morphs.items()]
    if version is not None:
        said.append(("v", str(version)))
    return urlencode(said, quote_via=quote, safe="[]")


def file_stem(shot: Shot, available_morphs: Sequence[str]) -> str:
    """What a file of the shot is called after its avatar: ``portrait-happy``. Short; not every shot has its own."""
    parts = [shot.framing.value.replace("_", "")]
    expression = expression_of(shot, available_morphs)
    if expression is not None:
        parts.append(expression.value)
    elif shot.morphs:
        parts.append(f"{len(shot.morphs)}-morphs")
    if shot.pose is not Pose.RELAXED:
        parts.append(shot.pose.value)
    if shot.view is not View.FRONT:
        parts.append(shot.view.value.replace("_", "-"))
    if shot.width != SIZE:
        parts.append(f"{shot.width}px")
    return "-".join(parts)


def expression_of(shot: Shot, available_morphs: Sequence[str]) -> Expression | None:
    """The expression that the face of ``shot`` is, on an avatar with these morphs."""
    known = set(available_morphs)
    for expression, face in EXPRESSIONS.items():
        if shot.morphs and shot.morphs == {name: weight for name, weight in face.items() if name in known}:
            return expression
    return None


def _take(read: _Read, name: str, value: str) -> None:
    lower = name.lower()
    if lower in IGNORED:
        return
    blend = _BLEND.fullmatch(name)
    if blend:
        _blend_shape(read, name, blend["name"], value)
        return
    spelt = {each.lower(): each for each in NAMES if each != "blendShapes"}
    known = spelt.get(lower)
    if known is None:
        close = get_close_matches(lower[:100], spelt, n=1)
        hint = f"; did you mean {spelt[close[0]]!r}?" if close else f"; known are {', '.join(NAMES)}"
        read.wrong(shown(name)[1:-1], f"is not a parameter of a picture{hint}")
    elif read.values.setdefault(known, value) != value:
        read.wrong(known, "is given twice with different values; keep one")


def _blend_shape(read: _Read, parameter: str, name: str, value: str) -> None:
    found = read.known.get(name.lower())
    if found is None:
        close = get_close_matches(name.lower(), read.known, n=3)
        hint = ", ".join(read.known[each] for each in close) or "those that the manifest lists"
        read.wrong(parameter, f"this avatar has no blendshape {shown(name)}; it has {hint}")
        return
    try:
        weight = float(value) if value.isascii() and len(value) < 32 else -1.0
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        read.wrong(parameter, f"must be a number from 0 to 1, not {shown(value)}")
    elif read.morphs.setdefault(found, weight) != weight:
        read.wrong(parameter, "is given twice with different values; keep one")


def _camera(read: _Read) -> tuple[Framing, bool]:
    """Framing, and whether the older ``scene`` asks for a transparent ground."""
    camera = read.choice("camera", tuple(CAMERAS))
    scene = read.choice("scene", [*SCENES, *(name + TRANSPARENT for name in SCENES)])
    if camera:
        return CAMERAS[Camera(camera)], bool(scene and scene.endswith(TRANSPARENT))
    if scene:
        return SCENES[scene.removesuffix(TRANSPARENT)], scene.endswith(TRANSPARENT)
    return Framing.PORTRAIT, False


def _background(read: _Read) -> str | None:
    """``r,g,b`` or hexadecimal digits as ``#rrggbb``; None (transparent) when nothing is said."""
    said = read.values.get("background")
    if said is None or said.strip().lower() in ("", "transparent", "none"):
        return None
    parts = [part.strip() for part in said.split(",")]
    if len(parts) == 3 and all(part.isascii() and part.isdecimal() and len(part) < 4 for part in parts):
        numbers = [int(part) for part in parts]
        if max(numbers) <= 255:
            return "#" + "".join(f"{number:02x}" for number in numbers)
    colour = _COLOUR.fullmatch(said.strip())
    if colour:
        return "#" + colour["hex"].lower()
    read.wrong("background", f"must be r,g,b from 0 to 255, rrggbb or transparent, not {shown(said)}")
    return None
