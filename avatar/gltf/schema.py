"""The part of glTF 2.0 that this package reads, as typed models: nothing downstream meets a JSON value of a wrong type.

Only shapes are said here (types, signs, lengths of lists); what numbers refer to is for ``checks``. Unknown keys pass.
Source: the glTF 2.0 specification, section 5 (property reference).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]  # far beyond metres, far below float32's end
Vec3 = Annotated[list[Number], Field(min_length=3, max_length=3)]
Vec4 = Annotated[list[Number], Field(min_length=4, max_length=4)]
Mat4 = Annotated[list[Number], Field(min_length=16, max_length=16)]
Name = Annotated[str, Field(max_length=512)]
Semantics = Annotated[dict[str, Index], Field(max_length=64)]
Extensions = dict[str, Any]
ComponentType = Literal[5120, 5121, 5122, 5123, 5125, 5126]
AccessorType = Literal["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]


_SHAPE = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel)


class Property(BaseModel):
    """What every glTF object shares. A property is there or not: null is not one of its values."""

    model_config = _SHAPE
    extensions: Extensions = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _no_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            empty = [key for key, item in value.items() if item is None and key != "extras"]
            if empty:
                raise ValueError(f"{empty[0]} is null")
        return value


class Asset(Property):
    version: Literal["2.0"]
    generator: str | None = None


class Buffer(Property):
    byte_length: Count
    uri: str | None = None


class BufferView(Property):
    buffer: Index
    byte_offset: Index = 0
    byte_length: Count
    byte_stride: Annotated[int, Field(ge=4, le=252)] | None = None


class SparseIndices(Property):
    buffer_view: Index
    byte_offset: Index = 0
    component_type: Literal[5121, 5123, 5125]


class SparseValues(Property):
    buffer_view: Index
    byte_offset: Index = 0


class Sparse(Property):
    count: Count
    indices: SparseIndices
    values: SparseValues


class Accessor(Property):
    buffer_view: Index | None = None
    byte_offset: Index = 0
    component_type: ComponentType
    normalized: bool = False
    count: Count
    type: AccessorType
    sparse: Sparse | None = None


class Primitive(Property):
    attributes: Semantics
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4
    targets: list[Semantics] = Field(default_factory=list, max_length=1024)


class MeshExtras(BaseModel):
    """What exporters and our own generator note in ``mesh.extras``."""

    model_config = _SHAPE
    target_names: list[Name] = Field(default_factory=list, max_length=1024)
    importance: Annotated[float, Field(gt=0, le=100)] | None = None


class Mesh(Property):
    name: Name | None = None
    primitives: Annotated[list[Primitive], Field(max_length=256)]
    weights: list[Number] = Field(default_factory=list, max_length=1024)
    extras: Any = None


class Node(Property):
    name: Name | None = None
    children: list[Index] = Field(default_factory=list, max_length=16384)
    mesh: Index | None = None
    skin: Index | None = None
    camera: Index | None = None
    matrix: Mat4 | None = None
    translation: Vec3 = [0.0, 0.0, 0.0]
    rotation: Vec4 = [0.0, 0.0, 0.0, 1.0]
    scale: Vec3 = [1.0, 1.0, 1.0]


class Scene(Property):
    nodes: list[Index] = Field(default_factory=list, max_length=16384)


class Skin(Property):
    name: Name | None = None
    joints: Annotated[list[Index], Field(min_length=1, max_length=1024)]
    inverse_bind_matrices: Index | None = None
    skeleton: Index | None = None


class Image(Property):
    name: Name | None = None
    uri: str | None = None
    mime_type: str | None = None
    buffer_view: Index | None = None


class WebpTexture(Property):
    source: Index


class Texture(Property):
    source: Index | None = None
    sampler: Index | None = None

    @property
    def webp(self) -> WebpTexture | None:
        """What EXT_texture_webp says, checked when the file was."""
        claim = self.extensions.get("EXT_texture_webp")
        return None if claim is None else WebpTexture.model_validate(claim)

    @field_validator("extensions")
    @classmethod
    def _check_webp(cls, value: Extensions) -> Extensions:
        if "EXT_texture_webp" in value:
            WebpTexture.model_validate(value["EXT_texture_webp"])
        return value


class TextureInfo(Property):
    index: Index
    tex_coord: Index = 0


class MetallicRoughness(Property):
    base_color_texture: TextureInfo | None = None
    metallic_roughness_texture: TextureInfo | None = None


class Material(Property):
    name: Name | None = None
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: TextureInfo | None = None
    occlusion_texture: TextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: Annotated[float, Field(ge=0, le=1e6)] = 0.5


class AnimationTarget(Property):
    node: Index | None = None
    path: str


class Channel(Property):
    sampler: Index
    target: AnimationTarget


class Sampler(Property):
    input: Index
    output: Index
    interpolation: Literal["LINEAR", "STEP", "CUBICSPLINE"] = "LINEAR"


class Animation(Property):
    name: Name | None = None
    channels: Annotated[list[Channel], Field(max_length=16384)]
    samplers: Annotated[list[Sampler], Field(max_length=16384)]


class Gltf(Property):
    asset: Asset
    scene: Index | None = None
    scenes: list[Scene] = Field(default_factory=list, max_length=256)
    nodes: list[Node] = Field(default_factory=list, max_length=16384)
    meshes: list[Mesh] = Field(default_factory=list, max_length=1024)
    skins: list[Skin] = Field(default_factory=list, max_length=256)
    materials: list[Material] = Field(default_factory=list, max_length=1024)
    textures: list[Texture] = Field(default_factory=list, max_length=1024)
    images: list[Image] = Field(default_factory=list, max_length=256)
    samplers: list[Property] = Field(default_factory=list, max_length=1024)
    animations: list[Animation] = Field(default_factory=list, max_length=1024)
    accessors: list[Accessor] = Field(default_factory=list, max_length=65536)
    buffer_views: list[BufferView] = Field(default_factory=list, max_length=65536)
    buffers: list[Buffer] = Field(default_factory=list, max_length=64)
    extensions_used: list[Name] = Field(default_factory=list, max_length=256)
    extensions_required: list[Name] = Field(default_factory=list, max_length=256)
