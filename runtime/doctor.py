"""What a machine lacks, part by part, each with the way to mend it."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ParamSpec

import httpx
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from avatar.errors import AvatarError, SetupProblem
from avatar.frozen import Frozen
from runtime.blobs import open_azure_blobs
from runtime.embedded.mongod import mongod_binary
from runtime.embedded.ports import can_bind, port_holder
from runtime.embedded.state import MINIMUM_FREE_BYTES, RunningStack, prepare_data_folder, running_stack
from runtime.embedded.temporal_server import missing_search_attributes, temporal_binary
from runtime.settings import LOOPBACK, VARIABLES, Settings
from runtime.toolchain import PROJECT, node_binary, node_modules

PATIENCE_S = 5.0
OTHER_VARIABLES = frozenset({"AVATAR_API", "AVATAR_READY_FILE"})  # of the CLI, and of the stack to its workers
P = ParamSpec("P")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


class Finding(Frozen):
    """One part of the machine: whether it is as it should be, what was seen, and how to mend it."""

    part: str
    ok: bool
    detail: str
    mend: str | None = None


async def check(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything the project needs here, always in the same order. Raises nothing."""
    running = await asyncio.to_thread(running_stack, settings.data_dir)
    checks: tuple[Callable[[], Awaitable[Finding]], ...] = (
        lambda: _in_thread(check_python),
        lambda: _in_thread(check_variables, os.environ),
        lambda: _in_thread(check_packages, PROJECT / "requirements.lock"),
        lambda: check_node(),
        lambda: _in_thread(check_npm, PROJECT / "package-lock.json"),
        lambda: check_mongod(settings),
        lambda: check_temporal_server(settings),
        lambda: _in_thread(check_data_folder, settings),
        lambda: _in_thread(check_ports, settings, running),
        lambda: check_temporal(settings, running),
        lambda: check_mongo(settings, running),
        lambda: check_storage(settings),
        lambda: check_api(settings, running),
        lambda: _in_thread(check_pictures),
        lambda: _in_thread(check_human_data),
    )
    return tuple(await asyncio.gather(*(one() for one in checks)))


# --------------------------------------------------------------------------------------------------------- programs


def check_python() -> Finding:
    """The interpreter is the one that all wheels exist for."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == (3, 11):
        return Finding(part="Python", ok=True, detail=found)
    return _bad("Python", f"{found}, but 3.11 is needed", "Install Python 3.11 and run make setup.")


def check_variables(environ: Mapping[str, str]) -> Finding:
    """No variable looks like a setting and is none: a misspelt one would be ignored in silence."""
    known = {*VARIABLES.values(), *OTHER_VARIABLES}
    strange = sorted(name for name in environ if name.startswith("AVATAR_") and name not in known)
    if not strange:
        used = sorted(known.intersection(environ))
        return Finding(part="settings", ok=True, detail=", ".join(used) if used else "all at their defaults")
    near = difflib.get_close_matches(strange[0], known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "docs/operations.md lists them all."
    return _bad("settings", f"{', '.join(strange)}: no such setting, so it has no effect", hint)


def check_packages(lock: Path) -> Finding:
    """Installed Python packages are those of the lock file."""
    part = "Python packages"
    try:
        pins = dict(PIN.findall(lock.read_text()))
    except OSError:
        return Finding(part=part, ok=True, detail="no lock file beside the program, not compared")
    wrong = []
    for name, wanted in pins.items():
        found = _installed(name)
        if found != wanted:
            wrong.append(f"{name} {found or 'missing'} (locked: {wanted})")
    if wrong:
        return _bad(part, _few(wrong) + f" of {len(pins)}", "Run make setup.")
    return Finding(part=part, ok=True, detail=f"{len(pins)} as locked")


async def check_node() -> Finding:
    """The wheel's node runs."""
    return await _runs("Node", node_binary, "Delete .venv and run make setup.")


def check_npm(lock: Path) -> Finding:
    """Installed npm packages are those of the lock file, those for development excepted."""
    part = "npm packages"
    try:
        modules = node_modules()
        packages: dict[str, Any] = json.loads(lock.read_text())["packages"]
    except SetupProblem as problem:
        return _of(part, problem)
    except (OSError, ValueError, KeyError):
        return Finding(part=part, ok=True, detail="no lock file beside the program, not compared")
    wanted = {
        path.removeprefix("node_modules/"): entry["version"]
        for path, entry in packages.items()
        if path and not entry.get("dev") and not entry.get("optional")
    }
    wrong = []
    for name, locked in wanted.items():
        try:
            found = json.loads((modules / name / "package.json").read_text())["version"]
        except (OSError, ValueError, KeyError):
            found = "missing"
        if found != locked:
            wrong.append(f"{name} {found} (locked: {locked})")
    if wrong:
        return _bad(part, _few(wrong), "Run make setup.")
    return Finding(part=part, ok=True, detail=f"{len(wanted)} as locked")


async def check_mongod(settings: Settings) -> Finding:
    """mongod runs here, its shared libraries found; unless MONGO_URI replaces it."""
    if settings.mongo_uri:
        return Finding(part="mongod", ok=True, detail="not needed: MONGO_URI is set")
    return await _runs("mongod", mongod_binary, "Run make setup: it names the packages that mongod lacks.")


async def check_temporal_server(settings: Settings) -> Finding:
    """The Temporal server program runs here; unless TEMPORAL_ADDRESS replaces it."""
    if settings.temporal_address:
        return Finding(part="Temporal server", ok=True, detail="not needed: TEMPORAL_ADDRESS is set")
    return await _runs("Temporal server", temporal_binary, "Delete .venv and run make setup.")


def check_data_folder(settings: Settings) -> Finding:
    """The data folder can be written and has room. Makes it when it is missing."""
    try:
        prepare_data_folder(settings.data_dir)
    except AvatarError as problem:
        return _of("data folder", problem)
    free = shutil.disk_usage(settings.data_dir).free
    return Finding(
        part="data folder",
        ok=True,
        detail=f"{settings.data_dir}, {free / 1e9:.1f} GB free ({MINIMUM_FREE_BYTES / 1e9:.1f} needed)",
    )


def check_ports(settings: Settings, running: RunningStack | None) -> Finding:
    """The ports that a start would take are free, or the running stack's."""
    if running:
        return Finding(part="ports", ok=True, detail=f"used by the running stack (pid {running.pid})")
    wanted = {"api_port": (settings.api_port, settings.api_host)}
    if not settings.temporal_address:
        wanted["temporal_port"] = (settings.temporal_port, LOOPBACK)
        wanted["temporal_ui_port"] = (settings.temporal_ui_port, LOOPBACK)
    if not settings.mongo_uri:
        wanted["mongo_port"] = (settings.mongo_port, LOOPBACK)
    busy = {name: port for name, (port, host) in wanted.items() if port and not can_bind(port, host)}
    if busy:
        return _bad(
            "ports",
            ", ".join(f"{port} is in use by {port_holder(port) or 'another program'}" for port in busy.values()),
            f"Set {', '.join(VARIABLES[name] for name in busy)} to free ports or 0.",
        )
    return Finding(part="ports", ok=True, detail=", ".join(str(port or "any") for port, _ in wanted.values()) + " free")


# ---------------------------------------------------------------------------------------------------------- servers


async def check_temporal(settings: Settings, running: RunningStack | None) -> Finding:
    """Temporal answers, has our namespace and our search attributes; asked only when it should be up."""
    part = "Temporal"
    address = settings.temporal_address or (running.temporal_address if running else None)
    if address is None:
        return Finding(part=part, ok=True, detail="not up (avatar up starts it)")
    namespace = settings.temporal_namespace
    at = f"{address}, namespace {namespace}"
    try:
        async with asyncio.timeout(PATIENCE_S):
            client = await Client.connect(address, namespace=namespace)
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
            missing = await missing_search_attributes(client)
    except TimeoutError:
        return _bad(part, f"{address} does not answer within {PATIENCE_S:.0f} s", _start_or_set("TEMPORAL_ADDRESS"))
    except RPCError as problem:
        if problem.status is RPCStatusCode.NOT_FOUND:
            mend = f"temporal operator namespace create --address {address} --namespace {namespace}"
            return _bad(part, f"{address} has no namespace {namespace}", mend)
        return _bad(part, f"{address}: {problem.message}", _start_or_set("TEMPORAL_ADDRESS"))
    except RuntimeError as problem:  # what the SDK raises when nobody listens
        return _bad(part, f"{address}: {problem}", _start_or_set("TEMPORAL_ADDRESS"))
    if missing:
        flags = " ".join(f"--name {name} --type {kind}" for name, kind in missing.items())
        mend = f"temporal operator search-attribute create --address {address} --namespace {namespace} {flags}"
        return _bad(part, f"{at}: search attributes {', '.join(missing)} are missing", mend)
    return Finding(part=part, ok=True, detail=at)


async def check_mongo(settings: Settings, running: RunningStack | None) -> Finding:
    """MongoDB answers and can do transactions; asked only when it should be up."""
    part = "MongoDB"
    uri = settings.mongo_uri or (running.mongo_uri if running else None)
    if uri is None:
        return Finding(part=part, ok=True, detail="not up (avatar up starts it)")
    mend = _start_or_set("MONGO_URI")
    try:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            uri, serverSelectionTimeoutMS=int(PATIENCE_S * 1000), connectTimeoutMS=int(PATIENCE_S * 1000)
        )
    except (PyMongoError, ValueError) as problem:
        return _bad(part, f"MONGO_URI is not usable: {problem}", mend)
    try:
        hello = await client.admin.command("hello")
    except PyMongoError as problem:
        return _bad(part, str(problem).partition(", Timeout:")[0], mend)
    finally:
        await client.close()
    if hello.get("msg") != "isdbgrid" and not hello.get("setName"):
        return _bad(part, "it is no replica set, so it has no transactions", "Start it with --replSet and initiate it.")
    if not hello.get("isWritablePrimary"):
        return _bad(part, f"replica set {hello.get('setName')} has no primary here", "See rs.status() there.")
    return Finding(part=part, ok=True, detail=f"primary of {hello.get('setName', 'a sharded cluster')}")


async def check_storage(settings: Settings) -> Finding:
    """Blobs can be written where the settings say."""
    part = "storage"
    if settings.azure_connection is None:
        return Finding(part=part, ok=True, detail=f"the folder {settings.blobs}")
    try:
        async with asyncio.timeout(2 * PATIENCE_S), open_azure_blobs(settings, missing="leave") as blobs:
            await blobs.check()
    except TimeoutError:
        return _bad(part, "the storage account does not answer", _start_or_set(VARIABLES["azure_connection"]))
    except AvatarError as problem:
        return _of(part, problem)
    return Finding(part=part, ok=True, detail=f"Azure, container {settings.blob_container}")


async def check_api(settings: Settings, running: RunningStack | None) -> Finding:
    """The API of the running stack is ready."""
    if running is None:
        return Finding(part="API", ok=True, detail="not up (avatar up starts it)")
    address = f"{running.api_url}/health/ready"
    mend = f"See {Path(running.logs) / 'api.log'}."
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            answer = await client.get(address)
    except httpx.HTTPError as problem:
        return _bad("API", f"{address}: {problem or type(problem).__name__}", mend)
    if answer.status_code != httpx.codes.OK:
        return _bad("API", f"{address} says {answer.status_code}", mend)
    return Finding(part="API", ok=True, detail=running.api_url)


# ----------------------------------------------------------------------------------------------------------- crafts


def check_pictures() -> Finding:
    """Pictures of avatars can be rendered. Without them avatars publish all the same, unpictured."""
    from avatar.picture import is_available  # here: the command line imports this module for every command

    reason = is_available()
    if reason is None:
        return Finding(part="pictures", ok=True, detail="the renderer works")
    return _bad("pictures", reason, "Avatars publish without pictures until then.")


def check_human_data() -> Finding:
    """The parametric human's data can be read."""
    from avatar.human.bundle import bundle  # here, as above

    try:
        bundle()
    except SetupProblem as problem:
        return _of("human data", problem)
    return Finding(part="human data", ok=True, detail="readable")


# ------------------------------------------------------------------------------------------------- what checks share


def _bad(part: str, detail: str, mend: str | None) -> Finding:
    return Finding(part=part, ok=False, detail=detail, mend=mend)


def _of(part: str, problem: AvatarError) -> Finding:
    where = f"{problem.where}: " if problem.where else ""
    return _bad(part, where + problem.detail, problem.mend)


def _start_or_set(variable: str) -> str:
    return f"Start it, or correct {variable}."


def _few(items: list[str], shown: int = 3) -> str:
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


async def _in_thread(look: Callable[P, Finding], *args: P.args, **kwargs: P.kwargs) -> Finding:
    return await asyncio.to_thread(look, *args, **kwargs)


async def _runs(part: str, find: Callable[[], Path], mend: str) -> Finding:
    """Whether ``program --version`` works; its first line and its place are the detail."""
    try:
        program = await asyncio.to_thread(find)
        process = await asyncio.create_subprocess_exec(
            *(str(program), "--version"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
        )
    except SetupProblem as problem:
        return _of(part, problem)
    except OSError as problem:
        return _bad(part, f"{program} cannot be run: {problem.strerror}", mend)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S * 2)
    except TimeoutError:
        process.kill()
        await process.wait()
        return _bad(part, f"{program} --version hangs", mend)
    lines = output.decode(errors="replace").strip().splitlines() or [""]
    if process.returncode != 0:
        return _bad(part, f"{program}: {lines[-1]}", mend)
    return Finding(part=part, ok=True, detail=f"{lines[0]} ({program})")
