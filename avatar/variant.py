"""A variant: what a client wants of an avatar's model. One canonical form, so that equal wishes share one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from avatar.frozen import Frozen

TEXTURE_SIZES: Final = (64, 128, 256, 512, 1024, 2048, 4096)  # pixels a side
ATLAS_SIZES: Final = (256, 512, 1024, 2048)
LOD_TEXTURES: Final = (1024, 512, 512)  # pixels a side, of each level of detail when nothing else is said
LOD_ATLASES: Final = (None, None, 512)  # and of the atlas, where a level merges meshes and textures
APART: Final = 0  # instead of an atlas' pixels: meshes and textures stay as they are


class Detail(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class TextureFormat(StrEnum):
    """Of images without alpha; JPEG has none, so what needs alpha is PNG there."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    KTX2 = "ktx2"


class Channel(StrEnum):
    """The texture slots of a material, as glTF names them."""

    BASE_COLOR = "baseColor"
    NORMAL = "normal"
    METALLIC_ROUGHNESS = "metallicRoughness"
    EMISSIVE = "emissive"
    OCCLUSION = "occlusion"


class RestPose(StrEnum):
    A = "A"
    T = "T"


class Compression(StrEnum):
    """Of geometry. Meshopt also quantises; Draco leaves morph targets as they are, for it cannot hold them."""

    NONE = "none"
    MESHOPT = "meshopt"
    DRACO = "draco"


class ModelFormat(StrEnum):
    """VRM 1.0 is a GLB that says which bones are human, which faces it makes and what swings: in T-pose, with images
    of glTF's core and geometry as it is, for its readers take no other."""

    GLB = "glb"
    VRM = "vrm"


class BodyType(StrEnum):
    """Half a body is head, shoulders, chest and hands, in T-pose unless another is asked for; all joints stay."""

    FULL = "fullbody"
    HALF = "halfbody"


MorphName = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class Variant(Frozen):
    """``morphs``, ``channels``: None for all; else what stays, sorted, each once."""

    lod: int = Field(default=0, ge=0, le=2)
    texture_size: int | None = Field(default=None, description="None stands for the level's own.")
    texture_quality: Detail = Detail.HIGH
    texture_format: TextureFormat = TextureFormat.JPEG
    atlas: int | None = Field(default=None, description="None stands for the level's own, 0 for none.")
    channels: tuple[Channel, ...] | None = None
    morphs: Annotated[tuple[MorphName, ...], Field(max_length=1024)] | None = None
    pose: RestPose | None = Field(default=None, description="None leaves the pose in which the model was bound.")
    compression: Compression = Compression.NONE
    format: ModelFormat = ModelFormat.GLB
    body: BodyType = BodyType.FULL

    # One form for one meaning: what is the default anyway is not said, lists are sorted.

    @field_validator("texture_size")
    @classmethod
    def _own_size_unsaid(cls, size: int | None, info: ValidationInfo) -> int | None:
        if size is not None and size not in TEXTURE_SIZES:
            raise ValueError(f"must be one of {', '.join(map(str, TEXTURE_SIZES))}")
        return None if "lod" in info.data and size == LOD_TEXTURES[info.data["lod"]] else size

    @field_validator("atlas")
    @classmethod
    def _own_atlas_unsaid(cls, size: int | None, info: ValidationInfo) -> int | None:
        if size is not None and size not in (APART, *ATLAS_SIZES):
            raise ValueError(f"must be 0 or one of {', '.join(map(str, ATLAS_SIZES))}")
        if size is None or "lod" not in info.data:
            return size
        own = _own_atlas(info.data["lod"], info.data.get("texture_size"))
        return None if (size or None) == own else size

    @field_validator("channels")
    @classmethod
    def _all_channels_unsaid(cls, channels: tuple[Channel, ...] | None) -> tuple[Channel, ...] | None:
        if channels is None or len(set(channels)) == len(Channel):
            return None
        return tuple(sorted(set(channels)))

    @field_validator("morphs")
    @classmethod
    def _morphs_sorted(cls, morphs: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if morphs is None else tuple(sorted(set(morphs)))

    @model_validator(mode="after")
    def _as_vrm_takes_it(self) -> Self:
        if self.format is ModelFormat.VRM:
            for said, taken in VRM_TAKES.items():
                if getattr(self, said) not in taken:
                    raise ValueError(f"a VRM takes no {said.replace('_', ' ')} {getattr(self, said)}")
        return self

    @property
    def atlas_size(self) -> int | None:
        """Pixels a side of the atlas that holds all textures of the avatar; None where they stay apart."""
        return _own_atlas(self.lod, self.texture_size) if self.atlas is None else self.atlas or None

    @property
    def texture_limit(self) -> int:
        """Pixels a side; of an atlas its own."""
        return self.atlas_size or self.texture_size or LOD_TEXTURES[self.lod]

    @property
    def plain(self) -> bool:
        """True when this is a level of detail as it is published."""
        return self == Variant(lod=self.lod)


def _own_atlas(lod: int, texture_size: int | None) -> int | None:
    """What a level makes of its own accord, within the limit of textures if one was said."""
    own = LOD_ATLASES[lod]
    return own if own is None or texture_size is None else min(own, texture_size)


VRM_TAKES: Final[Mapping[str, tuple[object, ...]]] = {
    "pose": (None, RestPose.T),
    "texture_format": (TextureFormat.JPEG, TextureFormat.PNG),
    "compression": (Compression.NONE,),
}
"""Field of a variant -> the values that go with ``ModelFormat.VRM``."""


def variant_key(variant: Variant, source_sha256: str, recipe: int) -> str:
    """sha256 (hex) of all that decides a variant's bytes: equal keys, equal files."""
    said = {"source": source_sha256, "recipe": recipe, "variant": variant.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
