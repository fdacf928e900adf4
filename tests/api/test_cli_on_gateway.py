"""The command line on a gateway that listens: orders, steering and what is told of them."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
import structlog
import uvicorn
from gateways import Gateway
from test_generate_route import a_profile
from typer.testing import CliRunner, Result
from working import Gate, working

from avatar.errors import Cancelled, Conflict, NotFound
from cli.main import app

Avatar = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture
async def avatar(gateway: Gateway) -> AsyncIterator[Avatar]:
    """The command, in a thread beside the gateway it speaks to."""
    # The gateway's log goes to the stdout of this process, which is the command's as well.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(gateway.app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    address = "http://{}:{}".format(*listening.getsockname())

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [*words, "--api", address])

    yield run
    server.should_exit = True
    await serving
    structlog.reset_defaults()


async def test_an_avatar_from_the_first_order_to_the_last(gateway: Gateway, avatar: Avatar, tmp_path: Path) -> None:
    gate = Gate("build_parametric")
    gate.open.set()
    profile = a_profile()
    agent = profile["agentId"]
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(profile))
    async with working(gateway, build_parametric=gate):
        result = await avatar("generate", str(file), "--urgency", "high")
        assert "version 1 published" in result.output, result.output

        result = await avatar("customize", agent, "--set", "hair.color=#aa3311", "--json")
        document = json.loads(result.stdout)
        assert document["version"] == 2 and "describe" in document["reused"]
        assert [(change["path"], change["after"]) for change in document["changes"]] == [("hair.colour", "#aa3311")]
        assert "it is so already" in (await avatar("customize", agent, "--set", "hair.color=#aa3311")).output
        assert "hair.colour: #aa3311 ->" in (await avatar("customize", agent, "--reset")).output

        gate.open.clear()
        gate.reached.clear()
        result = await avatar("regenerate", agent, "--from-stage", "model", "--no-wait")
        assert "under way" in result.output
        await gate.reached.wait()
        assert isinstance((await avatar("customize", agent, "--set", "body.age=70")).exception, Conflict)
        assert "paused" in (await avatar("pause", agent, "--reason", "lunch")).output
        assert "lunch" in (await avatar("status", agent, "--json")).stdout
        assert "goes on" in (await avatar("resume", agent)).output
        assert "version 3 is still served" in (await avatar("cancel", agent)).output
        assert isinstance((await avatar("cancel", agent)).exception, Conflict)
        gate.open.set()
        assert "version 4 published" in (await avatar("retry", agent)).output

    assert isinstance((await avatar("regenerate", "nobody")).exception, NotFound)


async def test_who_waits_learns_that_the_run_was_cancelled(gateway: Gateway, avatar: Avatar, tmp_path: Path) -> None:
    gate = Gate("build_parametric")
    file = tmp_path / "profile.json"
    profile = a_profile()
    file.write_text(json.dumps(profile))
    async with working(gateway, build_parametric=gate):
        waiting = asyncio.create_task(avatar("generate", str(file)))
        await gate.reached.wait()
        await avatar("cancel", profile["agentId"], "--reason", "not now")
        ended = (await waiting).exception
        assert isinstance(ended, Cancelled) and "not now" in str(ended)
