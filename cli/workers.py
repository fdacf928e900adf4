"""``avatar workers list | promote``: which version of the workers gets the work.

What talks to Temporal is imported by the commands that need it: the others start in half the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from avatar.errors import InvalidInput, SetupProblem
from cli.output import AsJson, people, print_json
from runtime.embedded.state import running_stack
from runtime.settings import BUILD_ID, UNVERSIONED, load_settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from runtime.deployments import Deployment

app = typer.Typer(help="Versions of the workers, and which one gets the work.", no_args_is_help=True)


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """Every version of the workers that Temporal knows: what it gets, and who works for it now."""
    from runtime.deployments import describe

    show(asyncio.run(on_temporal(describe)), as_json=as_json)


@app.command()
def promote(
    build_id: Annotated[
        str, typer.Argument(metavar="BUILD_ID", help=f"AVATAR_BUILD_ID of the workers; {UNVERSIONED}: those without.")
    ],
    ramp: Annotated[
        float | None,
        typer.Option(min=0.1, max=99.9, metavar="PERCENT", help="Only this share of the runs, by their id."),
    ] = None,
    within: Annotated[
        float, typer.Option(min=0, max=3600, metavar="SECONDS", help="How long to wait for its workers.")
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Give the work to a version, once its workers ask all queues for work; an earlier ramp ends.

    Runs under way move as well, with their next step. Going back is promoting the former version again.
    """
    from runtime import deployments

    if not BUILD_ID.fullmatch(build_id):
        raise InvalidInput(
            f"{build_id!r} is no build id", mend="It has letters, digits, dots and dashes; see `avatar workers list`"
        )
    show(
        asyncio.run(on_temporal(lambda client: deployments.promote(client, build_id, ramp=ramp, within=within))),
        as_json=as_json,
    )


async def on_temporal(ask: Callable[[Client], Awaitable[Deployment]]) -> Deployment:
    """Ask the Temporal of TEMPORAL_ADDRESS, else that of the running stack. Raises SetupProblem, Unavailable."""
    from runtime.services import connect_temporal

    settings = load_settings()
    if settings.temporal_address is None:
        running = running_stack(settings.data_dir)
        if running is None:
            raise SetupProblem(
                "This command does not know where Temporal is",
                mend="Set TEMPORAL_ADDRESS, or start everything with `avatar up`",
            )
        settings = settings.model_copy(
            update={
                "temporal_address": running.temporal_address,
                "temporal_namespace": running.temporal_namespace,
            }
        )
    return await ask(await connect_temporal(settings))


def show(deployment: Deployment, *, as_json: bool) -> None:
    """One line a version."""
    if as_json:
        print_json(deployment)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("version", "gets", "workers", "since"):
        table.add_column(title, no_wrap=True)
    for version in deployment.versions:
        share = f"{version.state.value} {version.ramp_percent:g} %" if version.ramp_percent else version.state.value
        asking = (
            ", ".join(f"{queue.removeprefix('avatar-')} {count}" for queue, count in version.pollers.items()) or "none"
        )
        since = f"{version.created:%Y-%m-%d %H:%M}" if version.created else ""
        table.add_row(version.build_id, share, asking, since)
    people.print(f"Deployment {deployment.name}")
    people.print(table)
