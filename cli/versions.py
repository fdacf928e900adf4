"""``avatar list | versions | diff | rollback | delete | housekeeping``: what there is, going back, clearing up."""

from __future__ import annotations

import json
import sys
from textwrap import shorten
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from avatar.errors import InvalidInput
from avatar.manifest import FieldChange
from avatar.profile import AvatarStyle
from avatar.retention import HouseKept
from avatar.version import MAX_PAGE, LodChange, VersionDiff, VersionSummary
from cli.avatars import AgentArgument
from cli.client import ApiOption, open_api
from cli.output import AsJson, people, print_json, size

NumberArgument = Annotated[int, typer.Argument(metavar="N", min=1, help="A version's number.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=MAX_PAGE, help="At most so many.")]
CursorOption = Annotated[str | None, typer.Option("--cursor", help="What the page before gave for the next one.")]
BESIDE_SUMMARY = 78  # columns that the other cells of a list take
SHORTEST = 24  # of a summary, where the terminal is narrow
MOST_CHANGES = 3  # told in one row


def list_avatars(
    query: Annotated[
        str, typer.Argument(metavar="[QUERY]", help="Beginnings of words of name, id, role, tags, style or provider.")
    ] = "",
    style: Annotated[AvatarStyle | None, typer.Option("--style", help="Only of this style.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with this tag.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Only made by this provider.")] = None,
    limit: LimitOption = 20,
    cursor: CursorOption = None,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Find avatars, newest first."""
    with open_api(api) as client:
        page = client.avatars(query, style=style, tag=tag, provider=provider, limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
        return
    if not page.items:
        people.print("no avatar fits" if query or style or tag or provider else "there is no avatar yet")
        return
    table = _table("agent", "name", "style", "version", "provider", "changed", "summary")
    for item in page.items:
        table.add_row(
            item.agent_id,
            escape(item.name),
            item.style.value,
            str(item.version),
            escape(item.provider),
            f"{item.updated_at:%Y-%m-%d %H:%M}",
            escape(shorten(item.summary, max(SHORTEST, people.width - BESIDE_SUMMARY), placeholder="…")),
        )
    people.print(table, soft_wrap=False)
    _print_next(page.next)


def versions(
    agent: AgentArgument,
    limit: LimitOption = 20,
    cursor: CursorOption = None,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """What was published of an agent, newest first: when, why, by whom, and what changed."""
    with open_api(api) as client:
        page = client.versions(agent, limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
        return
    table = _table("version", "published", "why", "by", "took", "cost", "changes")
    for item in page.items:
        table.add_row(
            f"{'[bold green]*' if item.current else ' '} {item.number}",
            f"{item.published_at:%Y-%m-%d %H:%M}",
            item.kind.value,
            escape(item.by),
            f"{item.seconds:.1f} s",
            f"${item.cost_micros / 1e6:.2f}" if item.cost_micros else "",
            escape(changes_in_short(item)),
        )
    people.print(table, soft_wrap=False)
    people.print("[bold green]*[/] is served")
    _print_next(page.next)


def diff(
    agent: AgentArgument,
    before: Annotated[int, typer.Argument(metavar="A", min=1, help="From this version.")],
    after: Annotated[int, typer.Argument(metavar="B", min=1, help="To this one.")],
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two versions: character, request, levels of detail, files."""
    with open_api(api) as client:
        found = client.diff(agent, before, after)
    if as_json:
        print_json(found)
    else:
        print_diff(found)


def rollback(agent: AgentArgument, number: NumberArgument, api: ApiOption = None, as_json: AsJson = False) -> None:
    """Serve an earlier version again. Nothing is lost: the way forward is the same command."""
    with open_api(api) as client:
        manifest = client.rollback(agent, number)
    if as_json:
        print_json(manifest)
    else:
        people.print(f"[bold green]{manifest.agent_id}: version {manifest.version} is served[/]")


def delete(
    agent: AgentArgument,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", min=1, help="Only this version; else the whole avatar.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Delete an avatar with all its versions, or one version that is not served. It cannot be taken back."""
    what = f"version {version} of '{agent}'" if version else f"'{agent}' with all its versions"
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidInput(f"{what} was not deleted: nobody could be asked", mend="Give --yes if it is meant")
        typer.confirm(f"Delete {what} for good?", abort=True, err=True)
    with open_api(api) as client:
        client.delete(agent, version)
    if as_json:
        print_json({"agentId": agent, "version": version, "deleted": True})
    else:
        people.print(f"{what}: deleted", markup=False)


def housekeeping(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing, only say what would be.")] = False,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Drop what has outlived its use and sweep blobs that nothing names, now instead of within six hours."""
    with open_api(api) as client:
        found = client.housekeeping(dry_run=dry_run)
    if as_json:
        print_json(found)
    elif found.kept is None:
        people.print(f"still at it; the same command waits on, and the Temporal UI shows {found.workflow_id}")
    else:
        print_kept(found.kept)


def print_kept(kept: HouseKept) -> None:
    """What a housekeeping did, for people."""
    people.print("would be deleted:" if kept.dry_run else "deleted:")
    for what in ("versions", "results", "runs", "events", "variants"):
        people.print(f"  {what:<10} {getattr(kept, what):,}")
    people.print(f"  {'blobs':<10} {kept.blobs:,} of {kept.blobs_seen:,}, {size(kept.bytes)}")


def print_diff(found: VersionDiff) -> None:
    """What differs, for people."""
    people.print(f"[bold]{found.agent_id}[/]: version {found.before} to version {found.after}")
    for title, changes in (("character", found.character), ("request", found.request)):
        if changes:
            people.print(f"  {title}")
        for change in changes:
            people.print(f"    {told(change)}", markup=False)
    for lod in found.lods:
        people.print(f"  LOD{lod.level}: {told_lod(lod)}", markup=False)
    people.print(f"  model {_same(found.same_source)}, picture {_same(found.same_picture)}")


def changes_in_short(version: VersionSummary) -> str:
    """The first few changes of a version, on one line."""
    shown = [told(change) for change in version.changes[:MOST_CHANGES]]
    if len(version.changes) > MOST_CHANGES:
        shown.append(f"and {len(version.changes) - MOST_CHANGES} more")
    return "; ".join(shown)


def told(change: FieldChange) -> str:
    """One change on one line."""
    return f"{change.path}: {_value(change.before)} -> {_value(change.after)}"


def told_lod(lod: LodChange) -> str:
    """What became of one level."""
    if lod.before is None or lod.after is None:
        return "new" if lod.before is None else "gone"
    facts = ("triangles", "vertices", "draw_calls")
    differ = [(name, getattr(lod.before, name), getattr(lod.after, name)) for name in facts]
    moved = [f"{name.replace('_', ' ')} {old:,} -> {new:,}" for name, old, new in differ if old != new]
    return ", ".join(moved) or "other bytes, same size of mesh"


def _value(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _same(same: bool) -> str:
    return "the same" if same else "another"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        wide = column in ("summary", "changes")
        table.add_column(column, overflow="fold" if wide else "ellipsis", no_wrap=not wide)
    return table


def _print_next(cursor: str | None) -> None:
    if cursor:
        people.print(f"there are more: --cursor {cursor}", markup=False)
