"""The compose files, as far as they can be judged without Docker."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from compose_files import DEPLOY, Compose, Service, read, text_of, variables
from typer.testing import CliRunner

from avatar.errors import Unavailable
from cli.main import app
from runtime.embedded.ports import free_port
from runtime.settings import VARIABLES, load_settings
from workers.roles import Role

TEMPORAL, WORKERS = "docker-compose.temporal.yml", "docker-compose.workers.yml"
VALUES = {
    "AVATAR_BUILD_ID": "v1",
    "POSTGRES_PASSWORD": "p0stgres",
    "MONGO_ROOT_PASSWORD": "r00t",
    "MONGO_AVATAR_PASSWORD": "av4tar",
    "MONGO_REPLICA_KEY": "replica1",
    "AZURITE_KEY": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==",
}
# What each server's image reads, from its documentation; temporal-ui, temporal and the tools each have their own.
KNOWN = {
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"},
    "mongo": {
        *("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD"),
        *("MONGO_REPLICA_KEY", "MONGO_ROOT_PASSWORD", "MONGO_AVATAR_PASSWORD", "MONGO_HOST", "MONGO_DATABASE"),
    },
    "temporalio/server": {
        *("DB", "DB_PORT", "POSTGRES_SEEDS", "POSTGRES_USER", "POSTGRES_PWD", "DBNAME", "VISIBILITY_DBNAME"),
        *("NUM_HISTORY_SHARDS", "BIND_ON_IP", "DYNAMIC_CONFIG_FILE_PATH", "PROMETHEUS_ENDPOINT", "LOG_LEVEL"),
    },
    "temporalio/admin-tools": {
        *("SQL_PLUGIN", "SQL_HOST", "SQL_PORT", "SQL_USER", "SQL_PASSWORD"),
        *("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "RETENTION", "HOME"),
    },
    "temporalio/ui": {"TEMPORAL_ADDRESS", "TEMPORAL_DEFAULT_NAMESPACE", "TEMPORAL_UI_PORT"},
    "mcr.microsoft.com/azure-storage/azurite": {"AZURITE_ACCOUNTS"},
    "valkey/valkey": set(),
    "ar-avatar": set(VARIABLES.values()),
}
JOBS = {"temporal-schema", "temporal-namespace", "mongo-replica-set", "promote"}


@pytest.fixture(scope="module", params=[TEMPORAL, WORKERS])
def compose(request: pytest.FixtureRequest) -> Compose:
    return read(request.param, VALUES)


@pytest.fixture(scope="module")
def whole() -> Compose:
    return read(TEMPORAL, VALUES)


def repository(service: Service) -> str:
    assert service.image is not None
    return service.image.rpartition(":")[0]


def ours(compose: Compose) -> Iterator[tuple[str, Service]]:
    return ((name, service) for name, service in compose.services.items() if repository(service) == "ar-avatar")


def seconds(duration: str) -> int:
    return int(duration[:-1]) * (60 if duration.endswith("m") else 1)


def test_every_part_is_there(whole: Compose) -> None:
    assert set(whole.services) == JOBS | {
        *("postgresql", "temporal", "temporal-ui", "mongo", "azurite", "valkey"),
        *("api", "worker-control", "worker-provider", "worker-mesh"),
    }
    assert whole.services["valkey"].profiles == ["valkey"]
    assert not any(service.profiles for name, service in whole.services.items() if name != "valkey")


def test_every_image_has_a_version_of_its_own(compose: Compose) -> None:
    for name, service in compose.services.items():
        tag = (service.image or "").rpartition(":")[2]
        assert tag == VALUES["AVATAR_BUILD_ID"] or re.search(r"\d", tag), f"{name}: {service.image}"
    versions = {service.image for service in compose.services.values() if "temporalio/" in (service.image or "")}
    assert len({image.rpartition(":")[2] for image in versions if "ui" not in image}) <= 1, "tools fit their server"


def test_every_environment_variable_is_one_that_its_program_reads(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert set(service.environment) <= KNOWN[repository(service)], name


def test_our_settings_are_taken(compose: Compose) -> None:
    for name, service in ours(compose):
        settings = load_settings({"AVATAR_BUILD_ID": "v1", **service.environment})
        assert settings.temporal_address == "temporal:7233", name
        assert settings.temporal_namespace == compose_namespace(), name
        if name != "promote":
            assert settings.mongo_uri and VALUES["MONGO_AVATAR_PASSWORD"] in settings.mongo_uri
            assert settings.azure_connection is not None


def compose_namespace() -> str:
    return read(TEMPORAL, VALUES).services["temporal-namespace"].environment["TEMPORAL_NAMESPACE"]


def test_every_command_of_ours_is_one_that_our_programs_take(compose: Compose) -> None:
    roles = set()
    for name, service in ours(compose):
        match service.command:
            case ["python", "-m", "api"]:
                assert name == "api"
            case ["python", "-m", "workers", role]:
                roles.add(Role(role))
                assert name == f"worker-{role}"
            case ["avatar", *arguments]:
                assert understood(arguments), arguments
            case other:
                pytest.fail(f"{name}: {other}")
    assert roles == set(Role)


def understood(arguments: list[str]) -> bool:
    """Whether the command line takes them: it then goes on to find that nobody is there."""
    done = CliRunner().invoke(app, arguments, env={"TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}"})
    return isinstance(done.exception, Unavailable)


def test_a_command_that_ours_do_not_take_would_be_noticed() -> None:
    assert not understood(["workers", "promote", "v1", "--quickly"])
    assert not understood(["workers", "demote", "v1"])


def test_every_file_that_is_named_exists(compose: Compose) -> None:
    for name, service in compose.services.items():
        for volume in service.volumes:
            source, target = volume.split(":")[:2]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), f"{name}: {source}"
                assert volume.endswith(":ro")
                # The script that is mounted is the one that is run.
                started = " ".join(
                    [*(service.entrypoint or []), *(service.command or []), *service.environment.values()]
                )
                assert target in started, f"{name}: {target}"
            else:
                assert source in compose.volumes, f"{name}: {source}"
        if service.build:
            assert (DEPLOY / service.build.context / service.build.dockerfile).is_file()


def test_only_this_machine_reaches_what_is_published(compose: Compose) -> None:
    published = [port for service in compose.services.values() for port in service.ports]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published), published


def test_databases_are_not_published(whole: Compose) -> None:
    assert {name for name, service in whole.services.items() if service.ports} == {"temporal", "temporal-ui", "api"}


@pytest.mark.parametrize("file", [TEMPORAL, WORKERS])
def test_no_secret_has_a_default(file: str) -> None:
    for name, (how, what) in variables(file).items():
        if re.search("PASSWORD|KEY|BUILD_ID", name):
            assert how == ":?" and "see .env.example" in what, name
    for name in VALUES:
        values = {key: value for key, value in VALUES.items() if key != name}
        if name in variables(file):
            with pytest.raises(AssertionError, match=name):
                read(file, values)
    # Each is a reference: no password is written down.
    assert not re.search(r"(?i)(password|pwd|key)\w*: (?!\$\{)[^&*\s]", text_of(file))


def test_the_example_environment_names_every_variable_and_gives_no_secret() -> None:
    example = text_of(".env.example")
    required = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    optional = set(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE))
    asked = variables(TEMPORAL) | variables(WORKERS)
    assert set(required) == {name for name, (how, _) in asked.items() if how == ":?"} == set(VALUES)
    assert set(required.values()) == {""}
    assert optional == {name for name, (how, _) in asked.items() if how == ":-"}
    assert "/.env" in (DEPLOY / ".gitignore").read_text().splitlines()


def test_jobs_are_waited_for_until_they_are_done_and_servers_until_they_are_healthy(whole: Compose) -> None:
    for name, service in whole.services.items():
        for other, needed in service.depends_on.items():
            target = whole.services[other]
            if other in JOBS:
                assert needed.condition == "service_completed_successfully", (name, other)
            else:
                assert needed.condition == "service_healthy", (name, other)
                # Ours have the HEALTHCHECK of their image.
                assert target.healthcheck or repository(target) == "ar-avatar", (name, other)


def test_what_runs_for_long_is_started_again_and_has_bounds(compose: Compose) -> None:
    for name, service in compose.services.items():
        if name in JOBS:
            assert service.restart == "on-failure:5", name
        else:
            assert service.restart == "unless-stopped" and service.deploy, name


def test_our_containers_may_do_little(compose: Compose) -> None:
    for name, service in ours(compose):
        assert service.read_only and service.init and service.cap_drop == ["ALL"], name
        assert service.security_opt == ["no-new-privileges:true"], name
        writable = {*service.tmpfs, *(volume.split(":")[1] for volume in service.volumes)}
        assert {"/tmp", "/data"} <= writable, name


def test_a_worker_has_the_time_and_the_room_that_its_settings_promise(compose: Compose) -> None:
    for name, service in ours(compose):
        settings = load_settings(service.environment)
        if name.startswith("worker-"):
            assert seconds(service.stop_grace_period) > settings.drain_seconds + 5, name
            assert settings.worker_port, "its HEALTHCHECK asks there"
    mesh = compose.services["worker-mesh"]
    settings = load_settings(mesh.environment)
    assert mesh.deploy and mesh.deploy.resources.limits.megabytes > settings.mesh_processes * settings.mesh_memory_mb


def test_the_next_version_s_workers_join_the_network_of_the_servers(whole: Compose) -> None:
    beside = read(WORKERS, VALUES | {"AVATAR_BUILD_ID": "v2"})
    assert beside.networks["default"].name == whole.networks["default"].name
    assert beside.networks["default"].external and not whole.networks["default"].external
    assert {service.image for service in beside.services.values()} == {"ar-avatar:v2"}


def test_the_databases_of_temporal_are_those_that_the_job_makes(whole: Compose) -> None:
    made = set(re.findall(r"^bring_up (\w+)", text_of("temporal/schema.sh"), re.MULTILINE))
    server = whole.services["temporal"].environment
    assert made == {server["DBNAME"], server["VISIBILITY_DBNAME"]}
