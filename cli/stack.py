"""``avatar up | demo | doctor``: the embedded stack.

The stack's own modules are imported by the commands that start or check it: the others start in half the time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from avatar.errors import SetupProblem
from avatar.manifest import GenerationStatus
from cli.avatars import print_published, read_profile, save_all
from cli.client import open_api
from cli.output import AsJson, people, print_json, print_line
from cli.progress import watch
from runtime.embedded.state import RunningStack, running_stack
from runtime.settings import load_settings

ProfileOption = Annotated[
    Path | None, typer.Option("--generate", metavar="PROFILE.json", help="Make this avatar as soon as it is up.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Download what was made to here.")]


def up(generate: ProfileOption = None, out: OutOption = None, as_json: AsJson = False) -> None:
    """Start Temporal, MongoDB, the workers and the API; stay until Ctrl-C, which stops all of them.

    With --json: one line that says where everything is, once it is up, and one for the avatar of --generate.
    """

    from runtime.embedded.stack import until_signalled

    async def stay() -> None:
        with until_signalled():
            async with stack(quiet=as_json) as where:
                if as_json:
                    print_line(where)
                else:
                    print_where(where)
                if generate:
                    made = await beside(where, generate, out, quiet=as_json)
                    if as_json:
                        print_line(made)
                if not as_json:
                    people.print("\nUp. Ctrl-C stops everything.")
                await asyncio.Event().wait()

    if generate:
        read_profile(generate)
    asyncio.run(stay())


def demo(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE.json", help="An agent profile.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the files go.")],
    as_json: AsJson = False,
) -> None:
    """Start everything, make one avatar, download it, stop everything. Uses a stack that is up already."""

    async def once() -> GenerationStatus:
        running = running_stack(load_settings().data_dir)
        if running:
            return await beside(running, profile, out, quiet=as_json)
        async with stack(quiet=as_json) as where:
            return await beside(where, profile, out, quiet=as_json)

    read_profile(profile)
    status = asyncio.run(once())
    if as_json:
        print_json(status)


def doctor(as_json: AsJson = False) -> None:
    """Check each part of this machine and say what to do about what is missing. Exits 8 when something is."""
    from runtime.doctor import check

    findings = asyncio.run(check(load_settings()))
    if as_json:
        print_json([finding.model_dump(mode="json") for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok[/]  " if finding.ok else "[bold red]look[/]"
            people.print(f"{mark} {finding.part:<18} ", end="")
            people.print(finding.detail, markup=False)
            if finding.mend and not finding.ok:
                people.print(f"     {'':<18} {finding.mend}", markup=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(SetupProblem.exit_code)


@asynccontextmanager
async def stack(*, quiet: bool = False) -> AsyncIterator[RunningStack]:
    """The embedded stack while inside, with a word about what takes time."""
    from runtime.embedded.stack import embedded_stack

    began = time.monotonic()
    if not quiet:
        people.print("Starting Temporal, MongoDB, the workers and the API ...")
    async with embedded_stack(load_settings()) as started:
        if not quiet:
            people.print(f"Ready in {time.monotonic() - began:.1f} s.")
        yield started.where
        if not quiet:
            people.print("Stopping ...")


async def beside(where: RunningStack, profile: Path, out: Path | None, *, quiet: bool = False) -> GenerationStatus:
    """``make`` in a thread beside the event loop, which keeps the stack alive; it ends when we are cancelled."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(make, where, profile, out, quiet, stop)
    finally:
        stop.set()


def make(where: RunningStack, profile: Path, out: Path | None, quiet: bool, stop: threading.Event) -> GenerationStatus:
    """Generate, wait, download; the published status."""
    with open_api(where.api_url) as client:
        status = watch(client, client.generate(read_profile(profile)), quiet=quiet, stop=stop)
        written = save_all(client, client.manifest(status.agent_id), out) if out else []
    if not quiet:
        print_published(status)
        for path in written:
            people.print(f"  file       {path}")
    return status


def print_where(where: RunningStack) -> None:
    """Where to look."""
    if where.temporal_ui:
        people.print(f"  Temporal UI  {where.temporal_ui}")
    people.print(f"  API docs     {where.api_url}/docs")
    people.print(f"  logs         {where.logs}")
