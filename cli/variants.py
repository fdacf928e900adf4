"""``avatar variant | picture | precompile | variants``: the model as a client wants it, and pictures of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from avatar.shot import Expression, Pose, View
from avatar.shot_query import Camera
from avatar.storage.local import write_whole
from avatar.variant import Compression, Detail, RestPose, TextureFormat
from avatar.wish import VariantList, WishKind, WishState
from cli.avatars import AgentArgument
from cli.client import ApiOption, open_api
from cli.output import AsJson, people, print_json, size

VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="A version; the one that is served when left out.")
]


def variant(
    agent: AgentArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the GLB.")],
    quality: Annotated[Detail | None, typer.Option("--quality", help="Level and texture size in one.")] = None,
    lod: Annotated[int | None, typer.Option("--lod", min=0, max=2, help="Level of detail: 0 near, 2 far.")] = None,
    texture_size: Annotated[int | None, typer.Option("--texture-size", help="Pixels a side, at most.")] = None,
    texture_quality: Annotated[Detail | None, typer.Option("--texture-quality", help="How well encoded.")] = None,
    textures: Annotated[TextureFormat | None, typer.Option("--textures", help="Format of the textures.")] = None,
    atlas: Annotated[int | None, typer.Option("--atlas", help="Merge meshes and textures; pixels a side.")] = None,
    channels: Annotated[str | None, typer.Option("--channels", help="Textures that stay: baseColor,normal ...")] = None,
    morphs: Annotated[
        str | None, typer.Option("--morphs", help="Morph targets that stay: names, groups (ARKit), none.")
    ] = None,
    pose: Annotated[RestPose | None, typer.Option("--pose", help="The pose at rest.")] = None,
    compression: Annotated[Compression | None, typer.Option("--compression", help="Of the geometry.")] = None,
    version: VersionOption = None,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Download one variant of the published model; it is made first when nobody has asked for it yet."""
    wanted = {
        "quality": quality,
        "lod": lod,
        "textureSizeLimit": texture_size,
        "textureQuality": texture_quality,
        "textureFormat": textures,
        "textureAtlas": atlas,
        "textureChannels": channels,
        "morphTargets": morphs,
        "pose": pose,
        "useMeshOptCompression": "true" if compression is Compression.MESHOPT else None,
        "useDracoMeshCompression": "true" if compression is Compression.DRACO else None,
        "v": version,
    }
    _save(agent, WishKind.VARIANT, wanted, out, api, as_json=as_json)


def picture(
    agent: AgentArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the PNG.")],
    camera: Annotated[Camera | None, typer.Option("--camera", help="How much of the avatar.")] = None,
    side: Annotated[int | None, typer.Option("--size", help="Pixels a side.")] = None,
    background: Annotated[str | None, typer.Option("--background", help="r,g,b or rrggbb or transparent.")] = None,
    expression: Annotated[Expression | None, typer.Option("--expression", help="The face.")] = None,
    pose: Annotated[Pose | None, typer.Option("--pose", help="How it stands.")] = None,
    view: Annotated[View | None, typer.Option("--view", help="From where.")] = None,
    blend: Annotated[
        list[str] | None, typer.Option("--blend", metavar="NAME=WEIGHT", help="A morph target; may be repeated.")
    ] = None,
    version: VersionOption = None,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Download a picture of the published avatar; without options the one that it was published with."""
    wanted: dict[str, object] = {
        "camera": camera,
        "size": side,
        "background": background,
        "expression": expression,
        "pose": pose,
        "view": view,
        "v": version,
    }
    for said in blend or ():
        name, _, weight = said.partition("=")
        wanted[f"blendShapes[{name}]"] = weight
    _save(agent, WishKind.PICTURE, wanted, out, api, as_json=as_json)


def precompile(
    agent: AgentArgument,
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="Each a variant: 'lod=1&textureFormat=ktx2'. At most 20.")
    ],
    version: VersionOption = None,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Have variants made before anybody wants them; asked again, how they stand."""
    with open_api(api) as client:
        _tell(client.precompile(agent, queries, version), as_json=as_json)


def list_variants(
    agent: AgentArgument, version: VersionOption = None, api: ApiOption = None, as_json: AsJson = False
) -> None:
    """Which variants of the published model there are."""
    with open_api(api) as client:
        _tell(client.variants(agent, version), as_json=as_json)


def _save(
    agent: str, kind: WishKind, wanted: Mapping[str, object], out: Path, api: str | None, *, as_json: bool
) -> None:
    with open_api(api) as client:
        asked = {name: str(value) for name, value in wanted.items() if value is not None}
        data, sha256 = client.file(agent, kind, asked)
    write_whole(out, data)
    if as_json:
        print_json({"file": str(out), "bytes": len(data), "sha256": sha256})
    else:
        people.print(f"{out}: {size(len(data))}")


def _tell(found: VariantList, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if not found.variants:
        people.print(f"nobody has asked for a variant of '{found.agent_id}', version {found.version}")
    for each in found.variants:
        told = each.failure.detail if each.failure else size(each.bytes) if each.bytes is not None else ""
        colour = "bold green" if each.state is WishState.READY else "bold"
        people.print(f"[{colour}]{each.state.value:<9}[/] ", end="")
        people.print(f"{each.query}  {told}", markup=False)
        people.print(f"          {each.url}", markup=False)
