"""``avatar storage copy | check``: blobs from one store to another, and whether they are what their names say.

Neither needs a running stack. What reads and writes Azure is imported by the commands: the others start faster.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from avatar.errors import DamagedBlob, InvalidInput, NotFound
from cli.output import AsJson, people, print_json, size
from runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from avatar.storage.blob import StoredBlob
    from avatar.storage.copying import CopyReport, Look
    from avatar.storage.port import BlobStore

RETRIES = 5  # nobody else tries again, and a copy is long
EVERY = 50

app = typer.Typer(help="Blobs: copy them to another store, check them.", no_args_is_help=True)

ContainerOption = Annotated[
    str | None,
    typer.Option("--container", metavar="NAME", help="Container in Azure; AVATAR_BLOB_CONTAINER unless given."),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: ``azure``, ``local`` (the data folder's) or ``local:FOLDER``."""

    azure: bool
    folder: Path | None = None


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", metavar="STORE", help="local, local:FOLDER or azure.")],
    target: Annotated[str, typer.Option("--to", metavar="STORE", help="local, local:FOLDER or azure.")],
    container: ContainerOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be copied.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy every blob that the target lacks; each is checked against its name on the way.

    Interrupted, it can simply be run again. Exits 7 when blobs were damaged; the others are copied all the same.
    """
    from avatar.storage.copying import copy_blobs

    settings = load_settings()
    begins, ends = place(source), place(target)
    if folder_of(begins, settings) == folder_of(ends, settings):
        raise InvalidInput(f"--from {source} and --to {target} are the same store")

    async def run() -> CopyReport:
        async with (
            opened(begins, container, settings, missing="refuse") as from_store,
            opened(ends, container, settings, missing="leave" if dry_run else "create") as to_store,
        ):
            with progress("looked at", quiet=as_json) as look:
                return await copy_blobs(from_store, to_store, dry_run=dry_run, look=look)

    report = asyncio.run(run())
    if as_json:
        print_json(report)
    else:
        doing = "Would copy" if dry_run else "Copied"
        people.print(
            f"{doing} {report.copied} blobs, {size(report.copied_bytes)}; {report.skipped} were there already."
        )
    end(report.damaged, quiet=as_json)


@app.command()
def check(
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="STORE", help="local, local:FOLDER or azure; the one in use unless given."),
    ] = None,
    container: ContainerOption = None,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Move damaged blobs out of the way, so that generating mends them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every blob and compare it with its name. Exits 7 when some are damaged."""
    from avatar.storage.copying import CheckReport, check_blobs

    settings = load_settings()
    where = place(store) if store else Place(azure=settings.azure_connection is not None)

    async def run() -> CheckReport:
        async with opened(where, container, settings, missing="refuse") as blobs:
            with progress("checked", quiet=as_json) as look:
                return await check_blobs(blobs, set_aside=set_aside, look=look)

    report = asyncio.run(run())
    if as_json:
        print_json(report)
    else:
        people.print(f"{report.sound} blobs are sound, {size(report.sound_bytes)}.")
    end(report.damaged, quiet=as_json)


def place(text: str) -> Place:
    """What ``--from``, ``--to`` and ``--store`` say. Raises InvalidInput."""
    kind, colon, folder = text.partition(":")
    if kind == "azure" and not colon:
        return Place(azure=True)
    if kind == "local" and bool(colon) == bool(folder):
        return Place(azure=False, folder=Path(folder).expanduser().absolute() if folder else None)
    raise InvalidInput(f"'{text}' is not a store", mend="Say local, local:FOLDER or azure")


def folder_of(where: Place, settings: Settings) -> Path | None:
    """The folder of a local store, None for Azure."""
    return None if where.azure else (where.folder or settings.blobs).resolve()


@asynccontextmanager
async def opened(
    where: Place, container: str | None, settings: Settings, *, missing: Literal["create", "refuse", "leave"]
) -> AsyncIterator[BlobStore]:
    """The store at ``where`` while the context lasts; ``missing`` is for containers. Raises SetupProblem, NotFound."""
    from runtime.blobs import local_blobs, open_azure_blobs

    if where.azure:
        async with open_azure_blobs(settings, container, retries=RETRIES, missing=missing) as blobs:
            yield blobs
        return
    folder = where.folder or settings.blobs
    if missing == "refuse" and not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    yield local_blobs(settings, folder)


@contextmanager
def progress(doing: str, *, quiet: bool) -> Iterator[Look | None]:
    """A line on stderr that counts, for people at a terminal."""
    if quiet:
        yield None
        return
    count = 0
    with Console(stderr=True).status("Listing ...") as line:

        def look(_blob: StoredBlob) -> None:
            nonlocal count
            count += 1
            if count % EVERY == 0:
                line.update(f"{count} blobs {doing} ...")

        yield look


def end(damaged: tuple[str, ...], *, quiet: bool) -> None:
    """Name what is damaged and end with the exit code of that."""
    if not damaged:
        return
    if not quiet:
        people.print(f"[bold red]{len(damaged)} damaged:[/]")
        for sha256 in damaged:
            people.print(f"  {sha256}")
        people.print("Move them aside with `avatar storage check --set-aside`, then generate those avatars again.")
    raise typer.Exit(DamagedBlob.exit_code)
