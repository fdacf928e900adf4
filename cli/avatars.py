"""``avatar generate | status | download``: what users do with avatars."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from avatar.errors import AvatarError, InvalidInput, NotFound, Unavailable
from avatar.manifest import GenerationStatus, Manifest
from avatar.profile import parse_profile
from avatar.request import Urgency
from avatar.storage.blob import name_bytes
from avatar.storage.local import write_whole
from avatar.version import VersionSummary
from cli.client import ApiClient, ApiOption, Ordered, open_api
from cli.output import AsJson, people, print_json, size
from cli.progress import watch

AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.")]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the avatar is published.")]
SupersedeOption = Annotated[
    bool, typer.Option("--supersede", help="Cancel a different run of the agent that is under way.")
]
UrgencyOption = Annotated[
    Urgency, typer.Option("--urgency", help="Which runs come first when there is more work than processes.")
]


def generate(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE.json", help="An agent profile.")],
    wait: WaitOption = True,
    supersede: SupersedeOption = False,
    urgency: UrgencyOption = Urgency.NORMAL,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an avatar from an agent profile and wait until it is published."""
    content = read_profile(profile)
    with open_api(api) as client:
        status = client.generate(content, supersede=supersede, urgency=urgency)
        follow(client, Ordered(status, started=True), wait=wait, as_json=as_json)


def status(
    agent: AgentArgument,
    stay: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the run is over, and tell of it.")] = False,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Where the agent's latest run is: stage, percent, timings, error."""
    with open_api(api) as client:
        found = client.status(agent)
        if stay:
            found = watch(client, found, quiet=as_json)
    if as_json:
        print_json(found)
        return
    people.print(
        f"[bold]{found.agent_id}[/]: {found.status.value}, stage {found.stage.value}, {found.percent} %, "
        f"{found.elapsed_seconds:.1f} s"
    )
    for step in found.steps:
        took = "running" if step.seconds is None else "reused" if step.reused else f"{step.seconds:6.2f} s"
        again = f"  ({step.attempts} attempts; last error: {step.last_error})" if step.last_error else ""
        people.print(f"  {step.step:<18} {took}{again}", markup=False)
    if found.paused:
        people.print(
            f"  paused by {found.paused.by or 'somebody'}: {found.paused.reason or 'no reason given'}", markup=False
        )
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


def follow(client: ApiClient, ordered: Ordered, *, wait: bool, as_json: bool) -> None:
    """Wait for what was ordered, if wanted, and say what came of it. Raises the error of a run that fails."""
    status, made = ordered.status, None
    if wait and ordered.started:
        status = watch(client, status, quiet=as_json)
        with suppress(AvatarError):  # it is published, whatever more there is to say
            made = client.version(status.agent_id, status.version) if status.version else None
    if as_json:
        found = made.model_dump(mode="json", include={"changes", "reused"}) if made else {}
        print_json({**status.model_dump(mode="json"), **found})
    elif not ordered.started:
        people.print(f"{status.agent_id}: it is so already; version {status.current_version} is served")
    elif wait:
        print_published(status, made)
    else:
        people.print(f"{status.agent_id}: under way; watch it with `avatar status {status.agent_id}`")
        print_links(status)


def print_published(status: GenerationStatus, made: VersionSummary | None = None) -> None:
    """The version, and of ``made`` what changed and what was reused."""
    people.print(
        f"[bold green]{status.agent_id}: version {status.version} published[/] in {status.elapsed_seconds:.1f} s"
    )
    if made is not None and made.based_on is not None:
        for change in made.changes:
            before, after = (json.dumps(value).strip('"') for value in (change.before, change.after))
            people.print(f"  changed    {change.path}: {before} -> {after}", markup=False)
        if not made.changes:
            people.print(f"  changed    nothing of the character of version {made.based_on}")
        if made.reused:
            people.print(f"  reused     {', '.join(made.reused)}", markup=False)
    print_links(status)


def print_links(status: GenerationStatus) -> None:
    people.print(f"  manifest   {status.manifest_url}")
    if status.workflow_url:
        people.print(f"  run        {status.workflow_url}")
