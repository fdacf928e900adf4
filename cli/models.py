"""``avatar inspect | optimize``: any GLB, no server needed.

What needs numpy and scipy is imported by the command that needs it: the others start in half the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from avatar.errors import InvalidInput, InvalidModel, NotFound
from avatar.storage.local import write_whole
from avatar.variant_query import as_params, file_stem, parse
from cli.output import AsJson, people, plain, print_json, size

if TYPE_CHECKING:
    from avatar.gltf.gate.inspect import Inspection

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.glb", help="A binary glTF 2.0 file.")]


def inspect(file: FileArgument, as_json: AsJson = False) -> None:
    """Triangles, joints, morphs, textures, bounds and problems of a GLB. Exits 5 when it has errors."""
    from avatar.gltf.gate.inspect import inspect as inspect_glb
    from avatar.gltf.guests.sidecar import Sidecar
    from runtime.toolchain import toolchain

    with Sidecar(toolchain()) as sidecar:
        found = inspect_glb(read_model(file), sidecar)
    if as_json:
        print_json(found)
    else:
        print_inspection(file, found)
    if not found.sound:
        raise typer.Exit(InvalidModel.exit_code)


def optimize(
    file: FileArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write lod0.glb, lod1.glb, lod2.glb.")
    ],
    queries: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="QUERY", help="A variant in their place, as in 'lod=1&textureFormat=ktx2'."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Three levels of detail of any GLB, or the variants that are named; skins, morphs and names survive."""
    from avatar.gltf.gate.inspect import inspect as inspect_glb
    from avatar.gltf.guests.sidecar import Sidecar
    from avatar.gltf.lods import build_lod
    from avatar.gltf.variants import LEVELS, build_variant
    from runtime.toolchain import toolchain

    data = read_model(file)
    reports = []
    with Sidecar(toolchain()) as sidecar:
        if queries:
            morphs = inspect_glb(data, sidecar).morphs
            wanted = [parse(as_params(query, "--as"), morphs).variant for query in queries]
            made = (
                (f"{file_stem(variant)}.{variant.format}", build_variant(data, variant, sidecar)) for variant in wanted
            )
        else:
            made = ((f"lod{level}.glb", build_lod(data, level, sidecar)) for level in range(len(LEVELS)))
        for name, found in made:
            target = out / name
            write_whole(target, found.data)
            report = found.report
            reports.append({"file": str(target), "level": report.variant.lod, **report.model_dump(mode="json")})
            if not as_json:
                people.print(f"{target}: {report.triangles:,} triangles, {size(report.bytes)}")
    if as_json:
        print_json(reports)


def print_inspection(file: Path, found: Inspection) -> None:
    """What is in the file, for people."""
    generator = escape(plain(found.generator or "unnamed generator"))
    people.print(f"[bold]{escape(str(file))}[/]: {size(found.bytes)}, {generator}")
    people.print(f"  triangles  {found.triangles:,} in {found.draw_calls} draw calls, {found.vertices:,} vertices")
    people.print(f"  joints     {len(found.joints)}")
    people.print(f"  morphs     {len(found.morphs)}")
    for texture in found.textures:
        people.print(f"  texture    {texture.width} x {texture.height} {texture.mime}, {size(texture.bytes)}")
    if found.bounds:
        low, high = found.bounds.low, found.bounds.high
        extent = " x ".join(f"{top - bottom:.2f}" for bottom, top in zip(low, high, strict=True))
        people.print(f"  bounds     {extent} m")
    for problem in found.problems:
        people.print(plain(f"  {problem.severity.value:<10} {problem.where}: {problem.message}"), markup=False)


def read_model(file: Path) -> bytes:
    """The file's bytes. Raises NotFound, InvalidInput."""
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
