"""What docker compose would do, done without Docker: the image's own steps, the compose files' own settings.

    python tests/deploy/without_docker.py [--keep FOLDER]

Builds what the first stage of deploy/Dockerfile builds, by running its instructions in a folder; starts Temporal,
MongoDB (with passwords) and Azurite (with its key) from this checkout; runs the job that makes the namespace; starts
the API and the workers from that folder with nothing in their environment but what image and compose files give them;
waits until each is healthy; promotes their version; makes one avatar; stops all of them. Takes some minutes and needs
the package indexes. What it cannot show is said in deploy/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from compose_files import DEPLOY, Service, read
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

from avatar.gltf.model.document import read_glb  # noqa: E402  # a script has to find the project first
from runtime.embedded.mongod import REPLICA_SET, become_primary, mongod_program  # noqa: E402
from runtime.embedded.ports import free_port  # noqa: E402
from runtime.embedded.temporal_server import temporal_binary  # noqa: E402
from runtime.leaving import leave  # noqa: E402
from runtime.toolchain import node_binary, npm_package  # noqa: E402

WITHIN_S = 180.0
PROFILE = PROJECT / "examples" / "ada.json"


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


# ------------------------------------------------------------------------------------------------------- the image


def stages() -> dict[str, list[tuple[str, str]]]:
    """Stage -> its instructions, with continued lines joined."""
    text = "\n".join(line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    found: dict[str, list[tuple[str, str]]] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip():
            continue
        name, _, rest = line.partition(" ")
        if name == "FROM":
            current = found.setdefault(rest.rpartition(" AS ")[2], [])
        elif found:
            current.append((name, rest.strip()))
    return found


def build(app: Path) -> None:
    """Carry out the first stage in ``app``, which stands for /app."""
    app.mkdir(parents=True)
    environment = dict(os.environ)
    for name, rest in stages()["builder"]:
        if name == "ENV":
            given = dict(re.findall(r"(\w+)=(\S+)", rest))
            environment |= {key: value.replace("/var/cache", f"{app}.cache") for key, value in given.items()}
        elif name == "COPY":
            *sources, target = rest.split()
            for source in sources:
                copy(PROJECT / source, app / target / source if target == "./" else app / target)
        elif name == "RUN":
            command = re.sub(r"--mount=\S+\s+", "", rest).replace("/app/", f"{app}/")
            say(f"RUN {command[:110]}")
            shell = ["nice", "-n", "10", "sh", "-euc", command]
            subprocess.run(shell, cwd=app, env=environment, check=True, stdout=subprocess.DEVNULL)
        else:
            assert name == "WORKDIR", name


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def image_environment(app: Path, build_id: str) -> dict[str, str]:
    """What the second stage puts into the environment."""
    environment = {"PATH": os.environ["PATH"]}
    for name, rest in stages()["runtime"]:
        if name == "ENV":
            for key, value in re.findall(r"(\w+)=(\S+)", rest):
                value = value.replace("$PATH", environment["PATH"]).replace("${AVATAR_BUILD_ID}", build_id)
                environment[key] = value.replace("/app/", f"{app}/")
    return environment


# ------------------------------------------------------------------------------------------------------ the servers


@asynccontextmanager
async def process(
    argv: list[str], log: Path, environment: Mapping[str, str], cwd: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        started = await asyncio.to_thread(
            subprocess.Popen, argv, env=environment, cwd=cwd, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        try:
            await asyncio.to_thread(started.wait, 90)
        except subprocess.TimeoutExpired:
            started.kill()
            raise


async def until(what: str, done: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not await asyncio.to_thread(done):
        if time.monotonic() - began > WITHIN_S:
            raise SystemExit(f"{what}: not within {WITHIN_S:.0f} s")
        await asyncio.sleep(0.5)
    say(f"{what}: after {time.monotonic() - began:.1f} s")


def listens(port: int) -> Callable[[], bool]:
    def ask() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    return ask


async def mongo(stack: AsyncExitStack, folder: Path, port: int, values: Mapping[str, str]) -> None:
    """MongoDB with a key and users, as its image and our job make it; the wheel's mongod has no mongosh beside it."""
    key, data = folder / "replica.key", folder / "mongo"
    key.write_text(values["MONGO_REPLICA_KEY"])
    key.chmod(0o400)
    data.mkdir()
    program = mongod_program(data, folder / "mongod.log", port=port)
    environment = dict(program.environment or os.environ)
    address = f"127.0.0.1:{port}"
    # First without the key: nobody may do anything yet, so the first user could not be made from outside.
    async with process(list(program.argv), program.log, environment, folder):
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient("127.0.0.1", port, directConnection=True)
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(PyMongoError):
                    if await become_primary(client, address):
                        break
                await asyncio.sleep(0.2)
        await client.admin.command("createUser", "root", pwd=values["MONGO_ROOT_PASSWORD"], roles=["root"])
        roles = [{"role": "readWrite", "db": "avatar"}]
        await client.admin.command("createUser", "avatar", pwd=values["MONGO_AVATAR_PASSWORD"], roles=roles)
        await client.close()
    argv = [*program.argv, "--keyFile", str(key)]
    assert argv[argv.index("--replSet") + 1] == REPLICA_SET
    await stack.enter_async_context(process(argv, program.log, environment, folder))
    await until("mongo", listens(port))


async def temporal(stack: AsyncExitStack, folder: Path, port: int, service: Service) -> None:
    """The dev server in place of the real one, and the job that makes the namespace."""
    argv = [str(temporal_binary()), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    argv += ["--db-filename", str(folder / "temporal.db"), "--log-level", "warn"]
    await stack.enter_async_context(process(argv, folder / "temporal.log", os.environ, folder))
    await until("temporal", listens(port))
    path = os.pathsep.join([str(temporal_binary().parent), os.environ["PATH"]])
    environment = service.environment | {"PATH": path, "TEMPORAL_ADDRESS": f"127.0.0.1:{port}", "HOME": str(folder)}
    await asyncio.to_thread(
        subprocess.run, ["sh", "-eu", DEPLOY / "temporal" / "namespace.sh"], env=environment, check=True
    )


async def azurite(stack: AsyncExitStack, folder: Path, port: int, service: Service) -> None:
    """Azurite of npm, with the arguments and the account of the compose file."""
    assert service.command
    given = [
        argument
        for argument in service.command[1:]
        if not argument.startswith(("--blobHost", "--blobPort", "--location"))
    ]
    main = npm_package("azurite") / "dist" / "src" / "blob" / "main.js"
    argv = [str(node_binary()), str(main), "--blobHost=127.0.0.1", f"--blobPort={port}"]
    argv += [f"--location={folder / 'azurite'}", *given]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **service.environment}
    await stack.enter_async_context(process(argv, folder / "azurite.log", environment, folder))
    await until("azurite", listens(port))


# ------------------------------------------------------------------------------------------------------ the program


async def try_it(folder: Path) -> None:
    app, build_id = folder / "app", "try-1"
    values = {
        name: secrets.token_hex(24)
        for name in ("POSTGRES_PASSWORD", "MONGO_ROOT_PASSWORD", "MONGO_AVATAR_PASSWORD", "MONGO_REPLICA_KEY")
    }
    values |= {"AVATAR_BUILD_ID": build_id, "AZURITE_KEY": b64encode(secrets.token_bytes(48)).decode()}
    compose = read("docker-compose.temporal.yml", values)
    build(app)

    ports = {name: free_port() for name in ("temporal:7233", "mongo:27017", "azurite:10000", "api:8700")}
    api = f"http://127.0.0.1:{ports['api:8700']}"

    def environment_of(name: str, **ours: str) -> dict[str, str]:
        data = folder / "data" / name
        data.mkdir(parents=True, exist_ok=True)
        given = image_environment(app, build_id) | compose.services[name].environment
        for address, port in ports.items():
            given = {key: value.replace(address, f"127.0.0.1:{port}") for key, value in given.items()}
        here = {"AVATAR_DATA": str(data), "HOME": str(data), "AVATAR_API_HOST": "127.0.0.1", "AVATAR_PUBLIC_URL": api}
        return given | here | ours

    def as_in_image(name: str, *command: str, **ours: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which(command[0], path=str(app / ".venv" / "bin")) or command[0], *command[1:]],
            env=environment_of(name, **ours), cwd=app, capture_output=True, text=True, check=False,
        )  # fmt: skip

    async with AsyncExitStack() as servers:
        await temporal(servers, folder, ports["temporal:7233"], compose.services["temporal-namespace"])
        await mongo(servers, folder, ports["mongo:27017"], values)
        await azurite(servers, folder, ports["azurite:10000"], compose.services["azurite"])
        started: dict[str, subprocess.Popen[bytes]] = {}
        async with AsyncExitStack() as program:
            for name in ("api", "worker-control", "worker-provider", "worker-mesh"):
                worker_port = str(free_port())
                port = {"AVATAR_API_PORT": str(ports["api:8700"])}
                if name != "api":
                    port = {"AVATAR_WORKER_PORT": worker_port, "AVATAR_WORKER_HOST": "127.0.0.1"}
                command = compose.services[name].command or []
                argv = [str(app / ".venv" / "bin" / command[0]), *command[1:]]
                started[name] = await program.enter_async_context(
                    process(argv, folder / f"{name}.log", environment_of(name, **port), app)
                )

                def healthy(name: str = name, port: Mapping[str, str] = port) -> bool:
                    assert started[name].poll() is None, f"{name} ended: {folder / name}.log"
                    return as_in_image(name, "python", "-I", str(app / "deploy" / "healthy.py"), **port).returncode == 0

                await until(f"{name} is healthy", healthy)

            promote = compose.services["promote"].command or []
            done = as_in_image("promote", *promote)
            print(done.stdout, done.stderr)
            assert done.returncode == 0
            began = time.monotonic()
            glb = folder / "ada.glb"
            done = as_in_image("promote", "avatar", "generate", str(PROFILE), "--json", AVATAR_API=api)
            assert done.returncode == 0, done.stderr
            say(f"generated in {time.monotonic() - began:.1f} s")
            done = as_in_image("promote", "avatar", "download", "ada", "--out", str(glb), AVATAR_API=api)
            assert done.returncode == 0, done.stderr
            document = read_glb(glb.read_bytes())
            say(f"downloaded {glb.stat().st_size:,} bytes, {len(document.tree['nodes'])} nodes")
            print(as_in_image("promote", "avatar", "workers", "list").stdout)
        codes = {name: one.returncode for name, one in started.items()}
        say(f"stopped: {codes}")
        # Uvicorn ends by the signal that it was stopped with, once it has shut down in order.
        assert codes.pop("api") in (0, -signal.SIGTERM)
        assert set(codes.values()) == {0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="use this new folder and leave it there")
    folder = parser.parse_args().keep
    if folder:
        folder.mkdir(parents=True)
        asyncio.run(try_it(folder.absolute()))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(try_it(Path(temporary)))
    return 0


if __name__ == "__main__":
    leave(main())
