"""Settings: defaults, the environment, and errors that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from avatar.errors import SetupProblem
from runtime.settings import VARIABLES, Settings, load_settings

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = load_settings({})
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8700)
    assert (settings.temporal_port, settings.temporal_ui_port, settings.mongo_port) == (7233, 8233, 27117)
    assert settings.temporal_address is None
    assert settings.mongo_uri is None
    assert settings.data_dir == Path.cwd() / ".avatar"
    assert settings.mesh_processes >= 1


def test_empty_variables_count_as_unset() -> None:
    assert load_settings({"MONGO_URI": "", "AVATAR_API_PORT": "  "}) == load_settings({})


def test_overrides_win_over_the_environment() -> None:
    assert load_settings({"AVATAR_API_PORT": "9000"}, api_port=9001).api_port == 9001


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).api_port = 1  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("AVATAR_API_PORT", "eighty", "valid integer"),
        ("AVATAR_API_PORT", "65536", "65535"),
        ("AVATAR_MONGO_PORT", "-1", "greater than or equal to 0"),
        ("AVATAR_MESH_PROCESSES", "0", "greater than or equal to 1"),
        ("AVATAR_LOG_LEVEL", "chatty", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("TEMPORAL_ADDRESS", "temporal.example.org", "host:port"),
        ("TEMPORAL_ADDRESS", "http://temporal.example.org:7233", "host:port"),
        ("TEMPORAL_NAMESPACE", "no spaces", "pattern"),
        ("MONGO_URI", "localhost:27017", "mongodb://"),
        ("AVATAR_MONGO_DATABASE", "a/b", "pattern"),
        ("AVATAR_PUBLIC_URL", "avatars.example.org", "http"),
        ("AVATAR_CDN_URL", "https://cdn.example.org/?key=1", "without query"),
        ("AVATAR_BLOB_CONTAINER", "Avatars", "pattern"),
        ("AVATAR_BLOB_CONTAINER", "a--b", "pattern"),
        ("AVATAR_DELIVERY", "pigeon", "'proxy' or 'redirect'"),
        ("AVATAR_SIGNED_URL_SECONDS", "5", "greater than or equal to 30"),
        ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=people", "AccountKey"),
    ],
)
def test_a_bad_value_is_refused_by_name(variable: str, value: str, hint: str) -> None:
    with pytest.raises(SetupProblem) as caught:
        load_settings({variable: value})
    message = str(caught.value)
    assert message.startswith(f"{variable}=")
    assert hint in message
    assert f"Set {variable}" in message


def test_a_bad_mongo_uri_does_not_show_its_password() -> None:
    with pytest.raises(SetupProblem) as caught:
        load_settings({"MONGO_URI": "postgres://me:hunter2@db/x"})
    assert "hunter2" not in str(caught.value)


AZURE = "DefaultEndpointsProtocol=https;AccountName=people;AccountKey=aHVudGVyMg==;EndpointSuffix=core.windows.net"
AZURE_BY_SIGNATURE = "BlobEndpoint=https://people.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=aHVudGVyMg=="


@pytest.mark.parametrize("connection", [AZURE, AZURE_BY_SIGNATURE])
def test_the_storage_key_reaches_child_processes_and_nobody_else(connection: str) -> None:
    settings = load_settings({"AZURE_STORAGE_CONNECTION_STRING": connection})
    assert load_settings(settings.environment()).azure_connection == settings.azure_connection
    assert settings.environment()["AZURE_STORAGE_CONNECTION_STRING"] == connection
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "aHVudGVyMg" not in shown


def test_a_bad_connection_string_is_not_shown_and_neither_are_its_causes() -> None:
    with pytest.raises(SetupProblem) as caught:
        load_settings({"AZURE_STORAGE_CONNECTION_STRING": "AccountKey=aHVudGVyMg=="})
    problem: BaseException | None = caught.value
    while problem is not None:
        assert "aHVudGVyMg" not in f"{problem} {problem!r}"
        problem = problem.__cause__


def test_lower_case_log_levels_are_taken() -> None:
    assert load_settings({"AVATAR_LOG_LEVEL": "debug"}).log_level == "DEBUG"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:8700"),
        ({"AVATAR_API_HOST": "0.0.0.0", "AVATAR_API_PORT": "80"}, "http://127.0.0.1:80"),
        ({"AVATAR_API_HOST": "::1"}, "http://[::1]:8700"),
        ({"AVATAR_PUBLIC_URL": "https://avatars.example.org/"}, "https://avatars.example.org"),
    ],
)
def test_api_url(environment: dict[str, str], url: str) -> None:
    assert load_settings(environment).api_url == url


@given(
    api_port=st.integers(0, 65535),
    mesh_processes=st.integers(1, 256),
    host=st.from_regex(r"\A[a-z]{1,8}\.example\Z"),
    level=st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR"]),
)
def test_the_environment_carries_settings_to_another_process(
    api_port: int, mesh_processes: int, host: str, level: str
) -> None:
    settings = load_settings(
        {"TEMPORAL_ADDRESS": f"{host}:7233", "MONGO_URI": f"mongodb://{host}/?replicaSet=rs0"},
        data=Path("somewhere/else"),
        api_port=api_port,
        mesh_processes=mesh_processes,
        log_level=level,
    )
    again = load_settings(settings.environment())
    assert again == settings.model_copy(update={"data": settings.data_dir})


def test_operations_guide_lists_every_setting_as_it_is() -> None:
    rows = [line for line in OPERATIONS.read_text().splitlines() if line.split("`")[1:2] and "_" in line.split("`")[1]]
    expected = []
    for name, variable in VARIABLES.items():
        field = Settings.model_fields[name]
        default = "cores" if field.default_factory else "" if field.default is None else f"`{field.default}`"
        expected.append(f"| `{variable}` | {default} | {field.description} |")
    assert [row for row in rows if row.startswith("| `")] == expected
