"""Every environment variable the project reads, in one place, checked before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from avatar.errors import SetupProblem

LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = ("0.0.0.0", "::")
BUILD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
UNVERSIONED = "unversioned"
"""What `avatar workers` calls workers without a build id."""


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536 or "/" in host:
        raise ValueError("must be host:port, for example temporal.example.org:7233")
    return value


def _mongo_uri(value: str) -> str:
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must start with mongodb:// or mongodb+srv://")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http or https address without query, for example https://avatars.example.org")
    return value.rstrip("/")


def _build_id(value: str) -> str:
    if not BUILD_ID.fullmatch(value) or value == UNVERSIONED:
        raise ValueError(f"must be letters, digits, dots and dashes, 64 at most, and not {UNVERSIONED}")
    return value


def _azure_connection(value: SecretStr) -> SecretStr:
    parts = [part.partition("=") for part in value.get_secret_value().strip(";").split(";")]
    given = {name.strip().lower(): rest for name, _, rest in parts}
    by_key = given.get("accountname") and given.get("accountkey")
    by_signature = given.get("sharedaccesssignature") and (given.get("blobendpoint") or given.get("accountname"))
    if not (by_key or by_signature):
        raise ValueError("must be a connection string: AccountName=...;AccountKey=... and so on")
    return value


def _cores() -> int:
    return len(os.sched_getaffinity(0))


Port = Annotated[int, Field(ge=0, le=65535)]
Delivery = Literal["proxy", "redirect"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Kept = Annotated[float, Field(gt=0, le=36_500)]  # days
Traces = Literal["off", "console", "otlp"]


class Settings(BaseSettings):
    """What a process of this project is told by its environment. Read it with ``load_settings``.

    Ports may be 0: any free one is taken when the embedded stack starts, and its children are told which.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    data: Path = Field(
        Path(".avatar"),
        validation_alias="AVATAR_DATA",
        description="Folder of the embedded stack: databases, blobs, logs. Relative to the working folder.",
    )
    temporal_address: Annotated[str, AfterValidator(_host_and_port)] | None = Field(
        None,
        validation_alias="TEMPORAL_ADDRESS",
        description="host:port of a Temporal frontend; replaces the embedded one.",
    )
    temporal_namespace: Annotated[str, Field(min_length=2, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]+$")] = (
        Field("default", validation_alias="TEMPORAL_NAMESPACE", description="Temporal namespace of all workflows.")
    )
    temporal_ui_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None,
        validation_alias="TEMPORAL_UI_URL",
        description="Address of the Temporal Web UI, for links to runs; the embedded one is known.",
    )
    build_id: Annotated[str, AfterValidator(_build_id)] | None = Field(
        None,
        validation_alias="AVATAR_BUILD_ID",
        description="Version of the program, for workers that are replaced while runs are under way; unset: none.",
    )
    mongo_uri: Annotated[str, AfterValidator(_mongo_uri)] | None = Field(
        None,
        validation_alias="MONGO_URI",
        description="MongoDB connection string (replica set); replaces the embedded mongod.",
    )
    mongo_database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,38}$")] = Field(
        "avatar", validation_alias="AVATAR_MONGO_DATABASE", description="MongoDB database that holds the catalog."
    )
    api_host: Annotated[str, Field(min_length=1)] = Field(
        LOOPBACK,
        validation_alias="AVATAR_API_HOST",
        description="Address the API listens on; 0.0.0.0 opens it to the network.",
    )
    api_port: Port = Field(8700, validation_alias="AVATAR_API_PORT", description="Port of the API.")
    temporal_port: Port = Field(
        7233, validation_alias="AVATAR_TEMPORAL_PORT", description="Port of the embedded Temporal frontend."
    )
    temporal_ui_port: Port = Field(
        8233, validation_alias="AVATAR_TEMPORAL_UI_PORT", description="Port of the embedded Temporal Web UI."
    )
    mongo_port: Port = Field(27117, validation_alias="AVATAR_MONGO_PORT", description="Port of the embedded mongod.")
    mesh_processes: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=_cores,
        validation_alias="AVATAR_MESH_PROCESSES",
        description="Processes that work on meshes; by default one for each core.",
    )
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = Field(
        5,
        validation_alias="AVATAR_DRAIN_SECONDS",
        description="Seconds that a stopping worker gives its steps to end; the rest are done again elsewhere.",
    )
    mesh_memory_mb: Annotated[int, Field(ge=200, le=1_000_000)] = Field(
        2000,
        validation_alias="AVATAR_MESH_MEMORY_MB",
        description="Resident MB one mesh process and its guests may use; beyond it is ended and replaced.",
    )
    image_cache_mb: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        512,
        validation_alias="AVATAR_IMAGE_CACHE_MB",
        description="MB of encoded textures that a machine's mesh processes keep in the data folder for use again.",
    )
    worker_host: Annotated[str, Field(min_length=1)] = Field(
        LOOPBACK,
        validation_alias="AVATAR_WORKER_HOST",
        description="Address on which a worker serves /metrics and /health.",
    )
    worker_port: Port | None = Field(
        None,
        validation_alias="AVATAR_WORKER_PORT",
        description="Port of a worker's /metrics and /health; unset: none. Embedded workers each get a free one.",
    )
    traces: Traces = Field(
        "off",
        validation_alias="AVATAR_TRACES",
        description="off, console or otlp (to OTEL_EXPORTER_OTLP_ENDPOINT).",
    )
    log_level: LogLevel = Field(
        "INFO", validation_alias="AVATAR_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR."
    )
    public_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None,
        validation_alias="AVATAR_PUBLIC_URL",
        description="Address under which clients reach the API, when a proxy stands before it.",
    )
    keep_runs_days: Kept = Field(
        30,
        validation_alias="AVATAR_KEEP_RUNS_DAYS",
        description="Days for which records of ended runs are kept; an agent's latest one stays.",
    )
    keep_results_days: Kept = Field(
        7,
        validation_alias="AVATAR_KEEP_RESULTS_DAYS",
        description="Days for which a step's result that no run uses is kept for reuse.",
    )
    keep_events_days: Kept = Field(
        30, validation_alias="AVATAR_KEEP_EVENTS_DAYS", description="Days for which events are kept."
    )
    keep_versions: Annotated[int, Field(ge=1)] | None = Field(
        None,
        validation_alias="AVATAR_KEEP_VERSIONS",
        description="How many of an avatar's newest versions are kept, beside the one that is served; unset: all.",
    )
    keep_variants_days: Kept = Field(
        30,
        validation_alias="AVATAR_KEEP_VARIANTS_DAYS",
        description="Days for which a variant or a picture that nobody asks for is kept.",
    )
    variant_builds_per_minute: Annotated[int, Field(ge=1, le=100_000)] = Field(
        60,
        validation_alias="AVATAR_VARIANT_BUILDS_PER_MINUTE",
        description="Variants and pictures that a tenant may begin to make in a minute; what is made already is free.",
    )
    variant_wait_seconds: Annotated[float, Field(ge=0.1, le=300)] = Field(
        30,
        validation_alias="AVATAR_VARIANT_WAIT_SECONDS",
        description="Seconds for which a request waits for its variant or picture, before it is told to come again.",
    )
    blob_grace_hours: Annotated[float, Field(ge=1, le=8_760)] = Field(
        24,
        validation_alias="AVATAR_BLOB_GRACE_HOURS",
        description="Hours for which a blob that nothing names is kept; at least 1.",
    )

    azure_connection: Annotated[SecretStr, AfterValidator(_azure_connection)] | None = Field(
        None,
        validation_alias="AZURE_STORAGE_CONNECTION_STRING",
        description="Azure storage account (or Azurite) that holds the blobs; replaces the local folder.",
    )
    blob_container: Annotated[str, Field(min_length=3, max_length=63, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] = Field(
        "avatars",
        validation_alias="AVATAR_BLOB_CONTAINER",
        description="Container of the blobs in that account; created when it is missing.",
    )
    cdn_url: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None,
        validation_alias="AVATAR_CDN_URL",
        description="Address of a CDN that pulls from the API; manifests name their files there.",
    )
    delivery: Delivery = Field(
        "proxy",
        validation_alias="AVATAR_DELIVERY",
        description="proxy: the API sends files itself; redirect: it answers with a signed address of the storage.",
    )
    signed_url_seconds: Annotated[int, Field(ge=30, le=604800)] = Field(
        300, validation_alias="AVATAR_SIGNED_URL_SECONDS", description="Seconds for which a signed address works."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load_settings`` passes: the environment is read there, so a test can pass its own."""
        return (init_settings,)

    @property
    def data_dir(self) -> Path:
        """The data folder as an absolute path."""
        return self.data.expanduser().absolute()

    @property
    def blobs(self) -> Path:
        """Where the local blob store keeps its files."""
        return self.data_dir / "blobs"

    @property
    def blob_signing_key(self) -> Path:
        """The key of the signed addresses that the API itself serves."""
        return self.data_dir / "blob-signing.key"

    @property
    def encoded_images(self) -> Path:
        """Where mesh processes keep textures that they have encoded."""
        return self.data_dir / "cache" / "images"

    @property
    def logs(self) -> Path:
        """Where the parts of the embedded stack write their logs."""
        return self.data_dir / "logs"

    @property
    def api_url(self) -> str:
        """Address of the API as this machine reaches it, or the public one where that is set."""
        if self.public_url:
            return self.public_url
        host = LOOPBACK if self.api_host in EVERY_ADDRESS else self.api_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

    def environment(self) -> dict[str, str]:
        """The variables that give another process exactly these settings; unset ones are absent."""
        variables: dict[str, str] = {}
        for name, variable in VARIABLES.items():
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                variables[variable] = value.get_secret_value()
            elif value is not None:
                variables[variable] = str(self.data_dir if name == "data" else value)
        return variables


VARIABLES: dict[str, str] = {name: str(field.validation_alias) for name, field in Settings.model_fields.items()}
"""Field name -> environment variable."""
SECRET = frozenset({VARIABLES["mongo_uri"], VARIABLES["azure_connection"]})
"""Variables that may hold a password or a key: their values are never shown."""


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from ``environ`` (default: the process environment), with fields in ``overrides`` winning.

    An empty variable counts as unset. Raises SetupProblem that names the variable and how to mend it.
    """
    environ = os.environ if environ is None else environ
    given: dict[str, Any] = {}
    for name, variable in VARIABLES.items():
        if overrides.get(name) is not None:
            given[variable] = overrides[name]
        elif environ.get(variable, "").strip():
            raw = environ[variable].strip()
            given[variable] = raw.upper() if name == "log_level" else raw
    try:
        return Settings(**given)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        variable = str(first["loc"][0]) if first["loc"] else "settings"
        shown = "…" if variable in SECRET else repr(given.get(variable))
        reason = str(first["msg"]).removeprefix("Value error, ")
        reason = reason[:1].lower() + reason[1:]
        raise SetupProblem(
            f"{variable}={shown} is not usable: {reason}",
            mend=f"Set {variable} to a good value or unset it.",
            setting=variable,
        ) from problem
