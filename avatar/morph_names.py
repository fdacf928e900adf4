"""Morph targets by name: the lists that every client knows, and what a caller means by the names it gives.

Needs nothing of meshes, so that the API can read a request with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from avatar.errors import InvalidInput

_SIDED: Final = (
    "browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp",
    "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch",
    "mouthUpperUp", "noseSneer",
)  # fmt: skip
_SINGLE: Final = (
    "browInnerUp", "cheekPuff", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel",
    "mouthLeft", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "tongueOut",
)  # fmt: skip
ARKIT: Final[tuple[str, ...]] = tuple(
    sorted([*_SINGLE, *(f"{name}{side}" for name in _SIDED for side in ("Left", "Right"))])
)
_SOUNDS: Final = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
VISEMES: Final[tuple[str, ...]] = tuple(f"viseme_{sound}" for sound in _SOUNDS)
EXTRAS: Final = ("mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown")  # Ready Player Me's own

# As Ready Player Me named them in its addresses.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "ARKit": ARKIT,
    "Oculus Visemes": VISEMES,
    "Default": ("mouthOpen", "mouthSmile"),
    "Eyes Extra": ("eyesClosed", "eyesLookUp", "eyesLookDown"),
    "Basic expressions": EXTRAS,
}
NONE: Final = "none"

_FILLERS = re.compile(r"[\s+_\-]+")
_NEAR = 5  # similar names that a refusal lists


def resolve(wanted: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """The names out of ``available`` (the targets of a model) that ``wanted`` asks for, in the order of ``available``.

    ``wanted`` holds names of groups and of targets, in any case, with or without the spaces, "+", "_" and "-" in them;
    a spelling that fits a target exactly means that one alone. A group stands for those of its targets that the model
    has. So does a name of a group's target: clients list them for every avatar. ``none`` or nothing asks for none.

    Raises InvalidInput for a name that is neither a group's, nor in one, nor the model's, and tells what is similar;
    and for ``none`` beside others.
    """
    asked = {_folded(name): name for name in wanted if name.strip()}
    if NONE in asked and len(asked) > 1:
        others = ", ".join(name for key, name in asked.items() if key != NONE)
        raise InvalidInput(f"none stands beside {others}", where="morphTargets", mend="Leave out one or the other")
    exact, folded = set(available), _by_fold(available)
    known = _by_fold(name for group in GROUPS.values() for name in group)
    groups = {_folded(name): members for name, members in GROUPS.items()}
    chosen: set[str] = set()
    unknown: list[str] = []
    for key, name in asked.items():
        if name in exact:
            chosen.add(name)
        elif key in groups:
            chosen.update(groups[key])
        elif key in folded:
            chosen.update(folded[key])
        elif key not in known and key != NONE:
            unknown.append(name)
    if unknown:
        raise _unknown(unknown, available)
    return tuple(dict.fromkeys(name for name in available if name in chosen))


def _folded(name: str) -> str:
    return _FILLERS.sub("", name).casefold()


def _by_fold(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_folded(name), []).append(name)
    return found


def _unknown(unknown: Sequence[str], available: Sequence[str]) -> InvalidInput:
    spelled = {_folded(name): name for name in (*GROUPS, *available)}
    errors: list[dict[str, object]] = []
    told: list[str] = []
    for name in unknown[:_NEAR]:
        near = [spelled[key] for key in get_close_matches(_folded(name)[:128], list(spelled), _NEAR, 0.6)]
        message = f"{name[:128]!r} is no morph target of this avatar"
        told.append(message + (f" (similar: {', '.join(near)})" if near else ""))
        errors.append({"field": "morphTargets", "message": told[-1], "similar": near})
    return InvalidInput(
        "; ".join(told) + (f"; and {len(unknown) - _NEAR} more" if len(unknown) > _NEAR else ""),
        where="morphTargets",
        mend=f"Give none, names of its targets, or groups: {', '.join(GROUPS)}",
        errors=errors,
    )
