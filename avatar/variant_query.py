"""The parameters of a model's address: what clients of Ready Player Me send, read to one canonical variant.

Names and values may be spelled in any case and stand in any order; the same said twice is said once. All that does not
fit is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import ValidationError

from avatar.errors import InvalidInput
from avatar.json_text import shown
from avatar.morph_names import GROUPS, NONE, resolve
from avatar.problems import MAX_ERRORS, Problem, like, refusal
from avatar.variant import (
    ATLAS_SIZES,
    LOD_TEXTURES,
    TEXTURE_SIZES,
    VRM_TAKES,
    BodyType,
    Channel,
    Compression,
    Detail,
    ModelFormat,
    RestPose,
    TextureFormat,
    Variant,
)

WHERE: Final = "query"
ALL: Final = "all"
MAX_PARAMETERS: Final = 100
MAX_VERSION: Final = 2**31 - 1
PRESETS: Final[Mapping[Detail, tuple[int, int]]] = {
    Detail.LOW: (2, 512),
    Detail.MEDIUM: (1, 512),
    Detail.HIGH: (0, 1024),
}
"""``quality``: level of detail, pixels a side."""

YES: Final = frozenset({"true", "1", "yes", "on", "y", "t", ""})  # a bare ``?useDracoMeshCompression`` means yes
NO: Final = frozenset({"false", "0", "no", "off", "n", "f"})
_NUMBER = re.compile(r"0*([0-9]{1,9})(\.[0-9]{0,20})?", re.ASCII)
_WHOLE = re.compile(r"0*([0-9]{1,10})", re.ASCII)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class VariantQuery:
    """``version``: None for the one that is served."""

    variant: Variant
    version: int | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it is documented; ``also`` are its other names."""

    name: str
    takes: str
    about: str
    also: tuple[str, ...] = ()


PARAMETERS: Final = (
    Parameter("quality", "low, medium or high", "lod and textureSizeLimit in one: 2 and 512, 1 and 512, 0 and 1024."),
    Parameter("lod", "0, 1 or 2", "Level of detail: 0 for near and strong devices, 2 for far.", ("meshLod",)),
    Parameter(
        "textureSizeLimit",
        "a number from 64 to 4096",
        "Pixels a side of the largest texture, down to a power of two; by default 1024, 512, 512 for lod 0, 1, 2.",
    ),
    Parameter("textureQuality", "low, medium or high", "How well textures are encoded; high by default."),
    Parameter("textureFormat", "jpeg, png, webp or ktx2", "JPEG by default; what has alpha is then PNG."),
    Parameter(
        "textureAtlas",
        "none or a number from 256 to 2048",
        "Meshes and textures merged, pixels a side; by default 512 for lod 2, none for the others.",
    ),
    Parameter(
        "textureChannels",
        f"none, all or a list of {', '.join(Channel)}",
        "Which textures a material keeps; all by default.",
    ),
    Parameter(
        "morphTargets",
        f"none, all or a list of names and of {', '.join(GROUPS)}",
        "Which morph targets stay; all by default.",
    ),
    Parameter("pose", "A or T", "The pose at rest; as it was bound by default."),
    Parameter(
        "useMeshOptCompression", "true or false", "Geometry quantised and meshopt-compressed.", ("meshCompression",)
    ),
    Parameter("useDracoMeshCompression", "true or false", "Geometry Draco-compressed.", ("dracoCompression",)),
    Parameter(
        "bodyType",
        "fullbody or halfbody",
        "Half a body is head, shoulders, chest and hands; whole by default.",
        ("body",),
    ),
    Parameter("format", "glb or vrm", "GLB by default; VRM 1.0 in T-pose, with JPEG or PNG images, uncompressed."),
    Parameter("v", f"a number from 1 to {MAX_VERSION}", "A version; the one that is served by default.", ("version",)),
)
IGNORED: Final = frozenset(
    {"uat", "cachecontrol", "preview", "usehands", "responsetype", "useeyemeshes", "_", "t", "ts", "cb", "nocache"}
)
"""Taken without effect, in lower case: what Ready Player Me's clients send for other ends, and cache busters."""

NAMES: Final[Mapping[str, str]] = {
    spelled.lower(): parameter.name for parameter in PARAMETERS for spelled in (parameter.name, *parameter.also)
}
TAKES: Final[Mapping[str, str]] = {parameter.name: parameter.takes for parameter in PARAMETERS}
_SPELLINGS = tuple(spelled for parameter in PARAMETERS for spelled in (parameter.name, *parameter.also))


@dataclass(slots=True)
class _Faults:
    """What does not fit so far; only as many are put in words as are told."""

    told: list[Problem] = field(default_factory=list)
    count: int = 0
    unknown: bool = False

    def add(self, name: str, message: str | Callable[[], str]) -> None:
        self.count += 1
        if len(self.told) < MAX_ERRORS:
            self.told.append(Problem(name, message if isinstance(message, str) else message()))

    def misfit(self, name: str, value: str, choices: Iterable[str] = ()) -> None:
        self.add(name, lambda: f"must be {TAKES[name]}, not {shown(value)}{like(value, choices)}")

    def error(self) -> InvalidInput:
        error = refusal(self.told, WHERE, "the parameters", total=self.count)
        if self.unknown:
            error.mend = f"Known parameters are {', '.join(parameter.name for parameter in PARAMETERS)}"
        return error


def essential(params: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """``params`` without those that are ignored, sorted, each once: equal ones get equal answers."""
    kept = {(name.lower(), value) for name, value in params}
    return tuple(sorted(pair for pair in kept if pair[0] not in IGNORED))


def version_of(params: Iterable[tuple[str, str]]) -> int | None:
    """The version that ``params`` name; None also when they name it badly, which ``parse`` tells."""
    for name, value in params:
        if NAMES.get(name.lower()) == "v" and (number := _version(value)) is not None:
            return number
    return None


def parse(params: Iterable[tuple[str, str]], available_morphs: Sequence[str]) -> VariantQuery:
    """The variant that ``params`` (name, value; decoded) ask for of a model that has ``available_morphs``.

    Raises InvalidInput that tells all mistakes, with what would fit.
    """
    faults = _Faults()
    given = _by_name(params, faults)
    preset = _one(given, "quality", partial(_choice, Detail), faults, Detail)
    lod, size = PRESETS[preset] if preset else (0, None)
    said = _one(given, "lod", _level, faults)
    lod = lod if said is None else said
    limit = _one(given, "textureSizeLimit", partial(_snapped, TEXTURE_SIZES), faults)
    quality = _one(given, "textureQuality", partial(_choice, Detail), faults, Detail)
    made = {
        "lod": lod,
        "texture_size": limit if limit is not None else size,
        "texture_quality": quality or Detail.HIGH,
        "texture_format": _one(given, "textureFormat", _format, faults, TextureFormat) or TextureFormat.JPEG,
        "atlas": _one(given, "textureAtlas", _atlas, faults),
        "channels": _channels(given.get("textureChannels", ()), faults),
        "morphs": _morphs(given.get("morphTargets", ()), available_morphs, faults),
        "pose": _one(given, "pose", partial(_choice, RestPose), faults, RestPose),
        "compression": _compression(given, faults),
        "body": _one(given, "bodyType", _body, faults, BodyType) or BodyType.FULL,
        "format": _one(given, "format", partial(_choice, ModelFormat), faults, ModelFormat) or ModelFormat.GLB,
    }
    if made["format"] is ModelFormat.VRM:
        _as_vrm_takes_it(made, faults)
    version = _one(given, "v", _version, faults)
    if faults.count:
        raise faults.error()
    try:
        return VariantQuery(Variant.model_validate(made), version)
    except ValidationError as error:  # a model whose own morph targets are too many, or named by whole pages
        first = error.errors(include_url=False)[0]
        raise refusal([Problem("morphTargets", str(first["msg"]))], WHERE, "the parameters") from None


def spell(variant: Variant, available_morphs: Sequence[str] = (), *, version: int | None = None) -> str:
    """The canonical query of ``variant``: ``lod=1&textureFormat=ktx2``. ``parse`` reads it back to the same.

    What is the default is not said, except the level. Names of groups that are asked for whole stand for their morphs.
    """
    said: list[tuple[str, str]] = [("lod", str(variant.lod))]
    if variant.texture_size is not None:
        said.append(("textureSizeLimit", str(variant.texture_size)))
    if variant.texture_quality is not Detail.HIGH:
        said.append(("textureQuality", variant.texture_quality.value))
    if variant.texture_format is not TextureFormat.JPEG:
        said.append(("textureFormat", variant.texture_format.value))
    if variant.atlas is not None:
        said.append(("textureAtlas", str(variant.atlas) if variant.atlas else NONE))
    if variant.channels is not None:
        said.append(("textureChannels", ",".join(variant.channels) or NONE))
    if variant.morphs is not None:
        said.append(("morphTargets", ",".join(_grouped(variant.morphs, available_morphs)) or NONE))
    if variant.pose is not None:
        said.append(("pose", variant.pose.value))
    if variant.compression is Compression.MESHOPT:
        said.append(("useMeshOptCompression", "true"))
    if variant.compression is Compression.DRACO:
        said.append(("useDracoMeshCompression", "true"))
    if variant.body is not BodyType.FULL:
        said.append(("bodyType", variant.body.value))
    if variant.format is not ModelFormat.GLB:
        said.append(("format", variant.format.value))
    if version is not None:
        said.append(("v", str(version)))
    return urlencode(said, quote_via=quote, safe=",")


def file_stem(variant: Variant) -> str:
    """What a file of the variant is called after its avatar, without what says its format: ``lod1-ktx2``. Short; not
    every variant has its own."""
    parts = [f"lod{variant.lod}"]
    if variant.texture_size is not None:
        parts.append(f"{variant.texture_size}px")
    if variant.texture_quality is not Detail.HIGH:
        parts.append(f"{variant.texture_quality.value}-quality")
    if variant.atlas is not None:
        parts.append(f"atlas{variant.atlas}" if variant.atlas else "no-atlas")
    if variant.channels is not None:
        parts.append(f"{len(variant.channels)}-channels")
    if variant.morphs is not None:
        parts.append(f"{len(variant.morphs)}-morphs")
    if variant.pose is not None:
        parts.append(f"{variant.pose.value.lower()}-pose")
    if variant.body is not BodyType.FULL:
        parts.append(variant.body.value)
    if variant.texture_format is not TextureFormat.JPEG:
        parts.append(variant.texture_format.value)
    if variant.compression is not Compression.NONE:
        parts.append(variant.compression.value)
    return "-".join(parts)


def _as_vrm_takes_it(made: Mapping[str, Any], faults: _Faults) -> None:
    parameters = {"pose": "pose", "texture_format": "textureFormat", "compression": "useMeshOptCompression"}
    if made["compression"] is Compression.DRACO:
        parameters["compression"] = "useDracoMeshCompression"
    for said, taken in VRM_TAKES.items():
        if made[said] not in taken:
            fits = " or ".join(str(value) for value in taken if value is not None)
            faults.add(parameters[said], f"must be {fits if fits != Compression.NONE else 'false'} with format=vrm")


def as_params(wish: str | Mapping[str, Any], field_name: str) -> list[tuple[str, str]]:
    """A wish out of a JSON document, as a query ("lod=1&pose=A") or an object ({"lod": 1, "pose": "A"}), as pairs.

    Raises InvalidInput, naming ``field_name``.
    """
    if isinstance(wish, str):
        try:
            return parse_qsl(wish.lstrip("?"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise _refused(field_name, f"has more than {MAX_PARAMETERS} parameters") from None
    pairs: list[tuple[str, str]] = []
    for name, value in wish.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                pairs.append((name, "true" if one else "false"))
            elif isinstance(one, str | int | float):
                pairs.append((name, str(one)))
            else:
                raise _refused(f"{field_name}.{name}", "must be text, a number, true, false or a list of them")
    return pairs


def _refused(name: str, message: str) -> InvalidInput:
    return refusal([Problem(name, message)], WHERE, "the parameters")


def _by_name(params: Iterable[tuple[str, str]], faults: _Faults) -> dict[str, list[str]]:
    """Values by canonical name, each once, in an order that does not depend on how they were sent."""
    found: dict[str, set[str]] = {}
    for number, (said, value) in enumerate(params):
        if number >= MAX_PARAMETERS:
            faults.add("", f"more than {MAX_PARAMETERS} parameters")
            break
        name = NAMES.get(said.lower())
        if name is not None:
            found.setdefault(name, set()).add(value)
        elif said.lower() not in IGNORED:
            faults.unknown = True
            faults.add(shown(said)[1:-1], partial(_unknown, said))
    return {name: sorted(values) for name, values in found.items()}


def _unknown(said: str) -> str:
    return f"is no parameter of a model{like(said, _SPELLINGS)}"


def _one(
    given: Mapping[str, Sequence[str]],
    name: str,
    read: Callable[[str], T | None],
    faults: _Faults,
    choices: Iterable[str] = (),
) -> T | None:
    """The value of a parameter that has one; ``read`` gives None for what does not fit."""
    found: dict[T, str] = {}
    for value in given.get(name, ()):
        meant = read(value.strip())
        if meant is None:
            faults.misfit(name, value, choices)
        else:
            found.setdefault(meant, value)
    if len(found) > 1:
        told = " and ".join(shown(value) for value in found.values())
        faults.add(name, f"is given with different values, {told}; keep one")
    return next(iter(found), None)


def _body(value: str) -> BodyType | None:
    return _choice(BodyType, value) or _choice(BodyType, f"{value}body")


def _choice(kinds: type[E], value: str) -> E | None:
    return next((kind for kind in kinds if kind.value.lower() == value.lower()), None)


def _format(value: str) -> TextureFormat | None:
    return TextureFormat.JPEG if value.lower() == "jpg" else _choice(TextureFormat, value)


def _level(value: str) -> int | None:
    return int(value) if value in ("0", "1", "2") else None


def _version(value: str) -> int | None:
    match = _WHOLE.fullmatch(value.strip())
    number = int(match[1]) if match else 0
    return number if 1 <= number <= MAX_VERSION else None


def _snapped(sizes: Sequence[int], value: str) -> int | None:
    """The largest of ``sizes`` that is not larger; None outside of them."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    number = int(match[1])
    if number > sizes[-1] or (number == sizes[-1] and (match[2] or "").strip(".0")):
        return None
    return max((size for size in sizes if size <= number), default=None)


def _atlas(value: str) -> int | None:
    """0 for no atlas."""
    return 0 if value.lower() == NONE else _snapped(ATLAS_SIZES, value)


def _flag(value: str) -> bool | None:
    return True if value.lower() in YES else False if value.lower() in NO else None


def _compression(given: Mapping[str, Sequence[str]], faults: _Faults) -> Compression:
    meshopt = _one(given, "useMeshOptCompression", _flag, faults)
    draco = _one(given, "useDracoMeshCompression", _flag, faults)
    if meshopt and draco:
        faults.add("useDracoMeshCompression", "cannot stand beside useMeshOptCompression; keep one")
    return Compression.MESHOPT if meshopt else Compression.DRACO if draco else Compression.NONE


def _words(values: Iterable[str]) -> list[str]:
    words = {word.strip() for value in values for word in value.split(",")}
    return sorted(words) if values else []


def _channels(values: Sequence[str], faults: _Faults) -> tuple[Channel, ...] | None:
    words = {word.lower(): word for word in _words(values)}
    if not words or set(words) == {ALL}:
        return None
    if set(words) == {NONE}:
        return ()
    known = {channel.value.lower(): channel for channel in Channel}
    for key, word in words.items():
        if key in (ALL, NONE):
            faults.add("textureChannels", f"{word} cannot stand beside others")
        elif key not in known:
            faults.misfit("textureChannels", word, Channel)
    return tuple(known[key] for key in words if key in known)


def _morphs(values: Sequence[str], available: Sequence[str], faults: _Faults) -> tuple[str, ...] | None:
    words = _words(values)
    if not words:
        return None
    lower = {word.lower() for word in words}
    if not any(lower):
        faults.misfit("morphTargets", "")
        return None
    if ALL in lower and ALL not in {name.lower() for name in available}:
        if lower != {ALL}:
            faults.add("morphTargets", "all cannot stand beside others")
        return None
    try:
        chosen = resolve(words, available)
    except InvalidInput as error:
        for told in error.context.get("errors") or [{"message": error.detail}]:
            faults.add("morphTargets", str(told["message"]))
        return None
    return None if set(chosen) == set(available) else chosen


def _grouped(morphs: Sequence[str], available: Sequence[str]) -> list[str]:
    """Names of groups for the morphs that they cover, then the other names."""
    left, said = dict.fromkeys(morphs), []
    for group, members in GROUPS.items():
        there = [name for name in members if name in available]
        if len(there) > 1 and all(name in left for name in there):
            said.append(group)
            for name in there:
                del left[name]
    return [*said, *left]


assert all(LOD_TEXTURES[lod] == size for lod, size in PRESETS.values()), "a preset is a level as it is published"
