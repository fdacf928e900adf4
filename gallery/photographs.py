"""Cells of a sheet: one avatar before the project's renderer, or before three.js in a browser."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from PIL import Image

from avatar.character import CharacterDescription
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.variants import build_variant
from avatar.human.human import make_human
from avatar.human.poses import POSES
from avatar.picture import Framing, Pose, Shot, Studio, View
from avatar.picture.posture import rotations, turn
from avatar.picture.subject import Subject, read_subject
from avatar.variant import ModelFormat, Variant
from gallery.paper import cut
from viewers.browser import Browser

AZIMUTH: Final = {View.FRONT: 0.0, View.THREE_QUARTER: 32.0, View.SIDE: 90.0, View.BACK: 180.0}
FRAMING: Final = {Framing.FULL_BODY: "body", Framing.PORTRAIT: "bust", Framing.FACE: "face"}

Cells = Iterator[tuple[str, Image.Image]]


@dataclass(frozen=True, slots=True)
class Look:
    """One cell: where from, how near, with which face, in which of `avatar.human.poses` if any."""

    caption: str = ""
    framing: Framing = Framing.FULL_BODY
    view: View = View.FRONT
    morphs: Mapping[str, float] = field(default_factory=dict)
    pose: str | None = None


def filament(
    studio: Studio, name: str, character: CharacterDescription, looks: Sequence[Look], size: tuple[int, int]
) -> Cells:
    """``looks`` at a freshly made person, by the renderer that every picture of the product comes from."""
    model = make_human(character)
    subject = read_subject(model)
    studio.place(model)
    for look in looks:
        shot = Shot(
            width=size[0],
            height=size[1],
            framing=look.framing,
            view=look.view,
            morphs=dict(look.morphs),
            pose=Pose.RELAXED if look.pose is None else Pose.BIND,
        )
        joints = {} if look.pose is None else turned(subject, look.pose)
        yield _caption(name, look), Image.open(io.BytesIO(studio.take(shot, joints)))


def turned(subject: Subject, pose: str | None) -> dict[str, list[float]]:
    """Local rotations (x, y, z, w) by joint: of one of `avatar.human.poses`, else of an avatar at ease."""
    turns = {} if pose else rotations(subject, Pose.RELAXED)
    for joint, about in POSES[pose].items() if pose else ():
        turn(subject, turns, joint, np.array(about))
    names = {node: joint for joint, node in subject.joints.items()}
    return {names[node]: local.tolist() for node, local in turns.items()}


def three(
    browser: Browser, name: str, character: CharacterDescription, looks: Sequence[Look], size: tuple[int, int]
) -> Cells:
    """``looks`` at a freshly made person, by three.js."""
    model = make_human(character)
    subject = read_subject(model)
    shots: list[dict[str, Any]] = [
        {
            "framing": FRAMING[look.framing],
            "azimuth": AZIMUTH[look.view],
            "morphs": dict(look.morphs),
            "joints": turned(subject, look.pose),
        }
        for look in looks
    ]
    seen = browser.call("three", "shoot", model, size=size, width=size[0], height=size[1], shots=shots)
    if "error" in seen:
        raise RuntimeError(f"three.js cannot show {name}: {seen['error']}")
    strip = Image.open(io.BytesIO(seen["png"]))
    yield from zip((_caption(name, look) for look in looks), cut(strip, len(looks)), strict=True)


def three_vrm(
    browser: Browser, sidecar: Sidecar, name: str, character: CharacterDescription, size: tuple[int, int]
) -> Cells:
    """Face and body of a person's VRM, smiling a little, by @pixiv/three-vrm."""
    model = build_variant(make_human(character), Variant(format=ModelFormat.VRM), sidecar).data
    seen = browser.call("vrm", "look", model, size=size, width=size[0], height=size[1], face={"happy": 0.4})
    if "error" in seen:
        raise RuntimeError(f"three-vrm cannot show {name}: {seen['error']}")
    yield from zip((name, ""), cut(Image.open(io.BytesIO(seen["png"])), 2), strict=True)


def _caption(name: str, look: Look) -> str:
    return " ".join(word for word in (name, look.caption or look.pose or "") if word)
