"""The part of glTF 2.0 that this package reads, as typed models: nothing downstream meets a JSON value of a wrong type.

Only shapes are said here (types, signs, lengths of lists); what numbers refer to is for ``checks``. Unknown keys pass.
Source: the glTF 2.0 specification, section 5 (property reference).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]  # far beyond metres, far below float32's end
Factor = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)]  # 0 to 1; what is above is for ``mend``
Vec3 = Annotated[list[Number], Field(min_length=3, max_length=3)]
Vec4 = Annotated[list[Number], Field(min_length=4, max_length=4)]
Mat4 = Annotated[list[Number], Field(min_length=16, max_length=16)]
Name = Annotated[str, Field(max_length=512)]
Semantics = Annotated[dict[str, Index], Field(max_length=64)]
Extensions = dict[str, Any]
MESHOPT: Final = ("KHR_meshopt_compression", "EXT_meshopt_compression")  # the same in all that is read here
DRACO: Final = "KHR_draco_mesh_compression"
BASIS: Final = "KHR_texture_basisu"
WEBP: Final = "EXT_texture_webp"
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
        if isinstance(value, dict) and None in value.values():
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


class MeshoptClaim(Property):
    """Where a view's data are compressed, and how."""

    buffer: Index
    byte_offset: Index = 0
    byte_length: Count
    byte_stride: Count
    count: Count
    mode: Literal["ATTRIBUTES", "TRIANGLES", "INDICES"]
    filter: Literal["NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL", "COLOR"] = "NONE"


class BufferView(Property):
    buffer: Index
    byte_offset: Index = 0
    byte_length: Count
    byte_stride: Annotated[int, Field(ge=4, le=252)] | None = None

    @cached_property
    def meshopt(self) -> MeshoptClaim | None:
        """What the extension of either name says, checked when the file was."""
        claims = [self.extensions[name] for name in MESHOPT if name in self.extensions]
        return MeshoptClaim.model_validate(claims[0]) if claims else None

    @field_validator("extensions")
    @classmethod
    def _check_meshopt(cls, value: Extensions) -> Extensions:
        claims = [MeshoptClaim.model_validate(value[name]) for name in MESHOPT if name in value]
        if len(claims) > 1:
            raise ValueError("a view is compressed by one extension, not by two")
        return value


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


class DracoClaim(Property):
    """Which view holds a primitive's indices and attributes, and the attributes' unique ids in there."""

    buffer_view: Index
    attributes: Annotated[dict[str, Index], Field(min_length=1, max_length=64)]


class Primitive(Property):
    attributes: Semantics
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4
    targets: list[Semantics] = Field(default_factory=list, max_length=1024)
    extras: Any = None

    @cached_property
    def draco(self) -> DracoClaim | None:
        """What KHR_draco_mesh_compression says, checked when the file was."""
        claim = self.extensions.get(DRACO)
        return None if claim is None else DracoClaim.model_validate(claim)

    @field_validator("extensions")
    @classmethod
    def _check_draco(cls, value: Extensions) -> Extensions:
        if DRACO in value:
            DracoClaim.model_validate(value[DRACO])
        return value


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
    name: Name | None = None
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


class TextureSampler(Property):
    mag_filter: Literal[9728, 9729] | None = None
    min_filter: Literal[9728, 9729, 9984, 9985, 9986, 9987] | None = None
    wrap_s: Literal[33071, 33648, 10497] = 10497
    wrap_t: Literal[33071, 33648, 10497] = 10497


class ImageClaim(Property):
    source: Index


class Texture(Property):
    name: Name | None = None
    source: Index | None = None
    sampler: Index | None = None

    @property
    def claims(self) -> list[ImageClaim]:
        """What EXT_texture_webp and KHR_texture_basisu say, checked when the file was."""
        return [ImageClaim.model_validate(self.extensions[name]) for name in (WEBP, BASIS) if name in self.extensions]

    @field_validator("extensions")
    @classmethod
    def _check_claims(cls, value: Extensions) -> Extensions:
        for name in (WEBP, BASIS):
            if name in value:
                ImageClaim.model_validate(value[name])
        return value


class TextureInfo(Property):
    index: Index
    tex_coord: Annotated[int, Field(ge=0, le=63)] = 0
    scale: Number = 1.0  # of normal textures
    strength: Factor = 1.0  # of occlusion textures


class MetallicRoughness(Property):
    base_color_factor: Annotated[list[Factor], Field(min_length=4, max_length=4)] = [1.0, 1.0, 1.0, 1.0]
    base_color_texture: TextureInfo | None = None
    metallic_factor: Factor = 1.0
    roughness_factor: Factor = 1.0
    metallic_roughness_texture: TextureInfo | None = None


class Material(Property):
    name: Name | None = None
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: TextureInfo | None = None
    occlusion_texture: TextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: Annotated[list[Factor], Field(min_length=3, max_length=3)] = [0.0, 0.0, 0.0]
    double_sided: bool = False
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
    samplers: list[TextureSampler] = Field(default_factory=list, max_length=1024)
    animations: list[Animation] = Field(default_factory=list, max_length=1024)
    accessors: list[Accessor] = Field(default_factory=list, max_length=65536)
    buffer_views: list[BufferView] = Field(default_factory=list, max_length=65536)
    buffers: list[Buffer] = Field(default_factory=list, max_length=64)
    extensions_used: list[Name] = Field(default_factory=list, max_length=256)
    extensions_required: list[Name] = Field(default_factory=list, max_length=256)
