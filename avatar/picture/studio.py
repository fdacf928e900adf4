"""The photographer: puts an avatar on the guest's stage, poses and frames it, returns PNGs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar.errors import CodecFailed, PictureUnavailable
from avatar.picture import camera as cameras
from avatar.picture.camera import Camera
from avatar.picture.guest import Guest
from avatar.picture.lighting import ENVIRONMENT_LUX, LAMPS, TONE_MAPPING, studio_ktx
from avatar.picture.posture import rotations
from avatar.picture.subject import Subject, read_subject
from avatar.shot import Framing, Shot, View

TIMEOUT_SECONDS = 60.0  # a machine's very first picture compiles shaders for 10 s
MAX_PNG_BYTES = 600_000  # of a picture as it is published; of a larger one in proportion
PUBLISHED_PIXELS = Shot().width * Shot().height
SAMPLES = 4  # for the scout as well: another sample count is another set of shaders to compile

U8 = NDArray[np.uint8]
Turns = Mapping[str, Sequence[float]]
STILL: Final[Turns] = MappingProxyType({})


class Studio:
    """One guest process and the avatar on its stage; a context manager, for one thread at a time.

    After CodecFailed the next ``place`` starts a fresh guest.
    """

    def __init__(self, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.timeout = timeout
        self.guest: Guest | None = None
        self.subject: Subject | None = None
        self.bounds = np.zeros((2, 3))
        self.lit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.guest is not None:
            self.guest.close()
            self.guest = None

    def place(self, glb: bytes) -> None:
        """Put an avatar on the stage. Raises InvalidModel, PictureUnavailable, CodecFailed."""
        self.subject = read_subject(glb)
        reply, _ = self.ask({"do": "load"}, glb)
        self.bounds = np.asarray(reply["bounds"], np.float64)
        self.lit = bool(reply["lit"])

    def take(self, shot: Shot, joints: Turns = STILL) -> bytes:
        """A PNG of the avatar on the stage. ``joints`` are local rotations (x, y, z, w) by name, instead of what the
        shot's pose makes of them; names that the avatar lacks turn nothing."""
        return encode(self.photograph(shot, joints), shot)

    def photograph(self, shot: Shot, joints: Turns = STILL) -> U8:
        """(height, width, 4) sRGB of the avatar on the stage, straight alpha, transparent where there is nothing."""
        if self.subject is None:
            raise RuntimeError("place an avatar first")
        named = {self.subject.joints[name]: turn for name, turn in joints.items() if name in self.subject.joints}
        turned = {**rotations(self.subject, shot.pose), **named}
        posing = {
            "rotations": {str(index): list(map(float, turn)) for index, turn in turned.items()},
            "morphs": {
                str(index): [float(shot.morphs.get(name, 0.0)) for name in names]
                for index, names in self.subject.morphs.items()
            },
        }
        lens = self.frame(shot, posing)
        return straight(self.draw(shot.width, shot.height, lens, shot.view, posing))

    def frame(self, shot: Shot, posing: dict[str, Any]) -> Camera:
        """Find the camera: a small silhouette first, since pose, hair and compression hide the true extents."""
        assert self.subject is not None
        look = cameras.scout(self.bounds, shot.view)
        pixels = cameras.SCOUT_PIXELS
        mask = self.draw(pixels, pixels, look, shot.view, posing)[..., 3] > 0
        rectangle = cameras.seen_rectangle(mask, look)
        if rectangle is None:
            rectangle = cameras.seen_rectangle(np.ones_like(mask), look)
            assert rectangle is not None
        if shot.framing is Framing.FULL_BODY:
            frame = cameras.whole_body(rectangle, look.target, self.bounds, shot.view)
        else:
            crown = float(look.target[1] + rectangle[3])
            frame = cameras.head_frame(self.subject, shot.framing, crown, self.bounds)
        return cameras.aim(frame, shot.view, shot.framing, shot.width / shot.height)

    def draw(self, width: int, height: int, lens: Camera, view: View, posing: dict[str, Any]) -> U8:
        right, towards = cameras.axes(view)
        basis = np.column_stack([right, [0.0, 1.0, 0.0], towards])
        camera: dict[str, Any] = {
            "position": lens.position.tolist(),
            "target": lens.target.tolist(),
            "near": lens.near,
            "far": lens.far,
        }
        camera |= {"fov": lens.field_of_view} if lens.height is None else {"height": lens.height}
        request = {
            "do": "draw",
            "width": width,
            "height": height,
            "samples": SAMPLES,
            "toneMapping": TONE_MAPPING,
            "camera": camera,
            "lights": [
                {
                    "direction": (basis @ np.array(lamp.direction)).tolist(),
                    "lux": lamp.lux,
                    "colour": lamp.colour,
                    "shadow": lamp.shadow,
                }
                for lamp in LAMPS
            ],
            "environment": {
                "lux": ENVIRONMENT_LUX,
                "rotation": cameras.AZIMUTH[view],
            },
        } | posing
        reply, rows = self.ask(request, b"" if self.lit else studio_ktx())
        self.lit = True
        return np.frombuffer(rows, np.uint8).reshape(reply["height"], reply["width"], 4)

    def ask(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        if self.guest is None:
            self.guest = Guest(timeout=self.timeout)
        try:
            return self.guest.ask(request, payload)
        except Exception:
            self.close()
            raise


def straight(image: U8) -> U8:
    """The renderer's edges come multiplied by their alpha; divided again they keep their colour on any background."""
    out = image.copy()
    edge = (image[..., 3] > 0) & (image[..., 3] < 255)
    colour = image[edge].astype(np.float64)
    out[edge, :3] = np.minimum(np.round(colour[:, :3] * 255 / colour[:, 3:]), 255)
    return out


def render(glb: bytes, shot: Shot | None = None, *, timeout: float = TIMEOUT_SECONDS) -> bytes:
    """One PNG of one avatar, in a guest process of its own.

    Raises InvalidModel (broken file), PictureUnavailable (this machine lacks EGL or the renderer), CodecFailed
    (the renderer crashed, took too long or too much memory).
    """
    with Studio(timeout=timeout) as studio:
        studio.place(glb)
        return studio.take(shot or Shot())


def is_available(*, timeout: float = TIMEOUT_SECONDS) -> str | None:
    """None when pictures can be rendered on this machine, else the reason and what to install."""
    guest = Guest(timeout=timeout)
    try:
        guest.ask({"do": "probe"})
    except (PictureUnavailable, CodecFailed) as error:
        return str(error)
    finally:
        guest.close()
    return None


def encode(image: U8, shot: Shot) -> bytes:
    """A PNG on the shot's background, in 256 colours when full colour would be too large for its number of pixels."""
    picture = Image.fromarray(image, "RGBA")
    if shot.background is not None:
        ground = Image.new("RGBA", picture.size, shot.background)
        ground.alpha_composite(picture)
        picture = ground.convert("RGB")
    data = png(picture)
    if len(data) > MAX_PNG_BYTES * max(1.0, shot.width * shot.height / PUBLISHED_PIXELS):
        data = png(picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.FLOYDSTEINBERG))
    return data


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
