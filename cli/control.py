"""``avatar cancel | pause | resume | retry``: steering the run that makes an avatar."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from avatar.manifest import GenerationStatus
from cli.avatars import AgentArgument, WaitOption, follow, print_links
from cli.changes import FromStageOption
from cli.client import ApiOption, open_api
from cli.output import AsJson, people, print_json

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the status.")]


def cancel(agent: AgentArgument, reason: ReasonOption = "", api: ApiOption = None, as_json: AsJson = False) -> None:
    """Stop the run under way and wait until it has stopped. The version that is served stays."""
    status = steer(agent, "cancel", reason, api, as_json)
    if as_json:
        return
    if status.version:  # it had come too far to be stopped
        people.print(f"{agent}: too late, version {status.version} is published")
        return
    served = f"; version {status.current_version} is still served" if status.current_version else ""
    people.print(f"{agent}: cancelled in {status.stage.value}{served}")


def pause(agent: AgentArgument, reason: ReasonOption = "", api: ApiOption = None, as_json: AsJson = False) -> None:
    """Let the run under way wait before its next stage."""
    status = steer(agent, "pause", reason, api, as_json)
    if not as_json:
        people.print(f"{agent}: paused, stops after {status.stage.value}; `avatar resume {agent}` lets it go on")
        print_links(status)


def resume(agent: AgentArgument, reason: ReasonOption = "", api: ApiOption = None, as_json: AsJson = False) -> None:
    """Let a paused run go on."""
    status = steer(agent, "resume", reason, api, as_json)
    if not as_json:
        people.print(f"{agent}: goes on; watch it with `avatar status {agent}`")
        print_links(status)


def retry(
    agent: AgentArgument,
    from_stage: FromStageOption = None,
    wait: WaitOption = True,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Try a failed or cancelled run again, or let one under way do a stage and those after it again."""
    with open_api(api) as client:
        follow(client, client.retry(agent, from_stage=from_stage), wait=wait, as_json=as_json)


def steer(
    agent: str, what: Literal["cancel", "pause", "resume"], reason: str, api: str | None, as_json: bool
) -> GenerationStatus:
    """Tell the run; its status after that, printed already when it is to be JSON."""
    with open_api(api) as client:
        status = client.steer(agent, what, reason)
    if as_json:
        print_json(status)
    return status
