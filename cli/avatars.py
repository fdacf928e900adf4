"""``avatar generate | status | download``: what users do with avatars."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avatar.errors import InvalidInput, NotFound, Unavailable
from avatar.manifest import GenerationStatus, Manifest
from avatar.profile import parse_profile
from avatar.storage.blob import name_bytes
from avatar.storage.local import write_whole
from cli.client import ApiClient, ApiOption, open_api
from cli.output import AsJson, people, print_json, size
from cli.progress import watch

AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.")]


def generate(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE.json", help="An agent profile.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the avatar is published.")] = True,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an avatar from an agent profile and wait until it is published."""
    content = read_profile(profile)
    with open_api(api) as client:
        status = client.generate(content)
        if wait:
            status = watch(client, status, quiet=as_json)
    if as_json:
        print_json(status)
    elif wait:
        print_published(status)
    else:
        people.print(f"{status.agent_id}: under way; watch it with `avatar status {status.agent_id}`")
        print_links(status)


def status(agent: AgentArgument, api: ApiOption = None, as_json: AsJson = False) -> None:
    """Where the agent's latest run is: stage, percent, timings, error."""
    with open_api(api) as client:
        found = client.status(agent)
    if as_json:
        print_json(found)
        return
    people.print(
        f"[bold]{found.agent_id}[/]: {found.status.value}, stage {found.stage.value}, {found.percent} %, "
        f"{found.elapsed_seconds:.1f} s"
    )
    for step in found.steps:
        took = "running" if step.seconds is None else f"{step.seconds:6.2f} s"
        again = f"  ({step.attempts} attempts; last error: {step.last_error})" if step.last_error else ""
        people.print(f"  {step.step:<18} {took}{again}", markup=False)
    if found.error:
        people.print(f"  error {found.error.code}: {found.error.detail}", markup=False)
    if found.current_version:
        people.print(f"  version {found.current_version} is served")
    print_links(found)


def download(
    agent: AgentArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the GLB.")],
    lod: Annotated[int, typer.Option("--lod", min=0, max=2, help="Level of detail: 0 near, 2 far.")] = 0,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Download one level of detail of the published avatar, checked against its sha256."""
    with open_api(api) as client:
        manifest = client.manifest(agent)
        save_lod(client, manifest, lod, out)
    entry = manifest.lods[lod]
    if as_json:
        print_json({"file": str(out), "version": manifest.version, "bytes": entry.bytes, "sha256": entry.sha256})
    else:
        people.print(f"{out}: version {manifest.version}, {entry.triangles:,} triangles, {size(entry.bytes)}")


def read_profile(path: Path) -> bytes:
    """The file's bytes, checked here already so that mistakes cost no round trip. Raises InvalidInput, NotFound."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no file {path}", mend="Name an agent profile, for example examples/ada.json"
        ) from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    parse_profile(content, where=str(path))
    return content


def save_lod(client: ApiClient, manifest: Manifest, level: int, out: Path) -> None:
    """Download one level to ``out``. Raises NotFound, Unavailable (also when the bytes are not what was promised)."""
    entry = next((lod for lod in manifest.lods if lod.level == level), None)
    if entry is None:
        raise NotFound(f"version {manifest.version} of '{manifest.agent_id}' has no LOD{level}")
    save(client, entry.url, entry.sha256, out)


def save_all(client: ApiClient, manifest: Manifest, folder: Path) -> list[Path]:
    """Download every level, the picture and the manifest into ``folder``; what was written."""
    written = []
    for lod in manifest.lods:
        written.append(folder / f"lod{lod.level}.glb")
        save(client, lod.url, lod.sha256, written[-1])
    if manifest.picture:
        written.append(folder / "picture.png")
        save(client, manifest.picture.url, manifest.picture.sha256, written[-1])
    written.append(folder / "manifest.json")
    write_whole(written[-1], manifest.model_dump_json(indent=2).encode() + b"\n")
    return written


def save(client: ApiClient, url: str, sha256: str, out: Path) -> None:
    """Download ``url`` to ``out``, whole and verified or not at all."""
    data = client.fetch(url)
    if name_bytes(data, "").sha256 != sha256:
        raise Unavailable(f"the bytes from {url} are not what the manifest names", mend="Try again")
    write_whole(out, data)


def print_published(status: GenerationStatus) -> None:
    people.print(
        f"[bold green]{status.agent_id}: version {status.version} published[/] in {status.elapsed_seconds:.1f} s"
    )
    print_links(status)


def print_links(status: GenerationStatus) -> None:
    people.print(f"  manifest   {status.manifest_url}")
    if status.workflow_url:
        people.print(f"  run        {status.workflow_url}")
