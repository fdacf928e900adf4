"""Compose files as the tests read them: what of the specification we use, strictly, with variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DEPLOY = Path(__file__).parents[2] / "deploy"
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z][A-Z0-9_]*)(?P<how>:[-?])(?P<what>[^}]*)\})")
Duration = Annotated[str, StringConstraints(pattern=r"^\d+(s|m)$")]
Memory = Annotated[str, StringConstraints(pattern=r"^\d+[MG]$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Healthcheck(Strict):
    test: list[str] = Field(default=[], min_length=2)
    interval: Duration = "30s"
    timeout: Duration = "30s"
    retries: int = 3
    start_period: Duration = "0s"
    disable: bool = False


class Limits(Strict):
    cpus: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]
    memory: Memory

    @property
    def megabytes(self) -> int:
        return int(self.memory[:-1]) * (1024 if self.memory.endswith("G") else 1)


class Resources(Strict):
    limits: Limits


class Deploy(Strict):
    resources: Resources
    replicas: int | Annotated[str, StringConstraints(pattern=r"^\d+$")] = 1


class Build(Strict):
    context: str
    dockerfile: str
    args: dict[str, str]


class Extends(Strict):
    file: str
    service: str


class Condition(Strict):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Service(Strict):
    image: str | None = None
    build: Build | None = None
    extends: Extends | None = None
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    environment: dict[str, str] = {}
    volumes: list[str] = []
    ports: list[str] = []
    profiles: list[str] = []
    depends_on: dict[str, Condition] = {}
    healthcheck: Healthcheck | None = None
    deploy: Deploy | None = None
    restart: Literal["unless-stopped", "on-failure:5"] | None = None
    stop_grace_period: Duration = "10s"
    hostname: str | None = None
    init: bool = False
    read_only: bool = False
    tmpfs: list[str] = []
    cap_drop: list[Literal["ALL"]] = []
    security_opt: list[str] = []


class Network(Strict):
    name: str
    external: bool = False


class Compose(Strict):
    name: str
    services: dict[str, Service]
    networks: dict[str, Network] = {}
    volumes: dict[str, None] = {}


def text_of(file: str) -> str:
    return (DEPLOY / file).read_text()


def variables(file: str) -> dict[str, tuple[str, str]]:
    """Variable -> how it is filled in (``:?`` required, ``:-`` has a default) and the message or default."""
    return {found["name"]: (found["how"], found["what"]) for found in VARIABLE.finditer(text_of(file)) if found["name"]}


def read(file: str, values: Mapping[str, str]) -> Compose:
    """The file with ``values`` and defaults filled in, and services that extend another one merged with it."""

    def fill(found: re.Match[str]) -> str:
        if not found["name"]:
            return "$"
        if value := values.get(found["name"]):
            return value
        assert found["how"] == ":-", f"{found['name']} is missing: {found['what']}"
        return found["what"]

    document: dict[str, Any] = yaml.safe_load(VARIABLE.sub(fill, text_of(file)))
    document = {key: value for key, value in document.items() if not key.startswith("x-")}
    for name, service in document["services"].items():
        if base := service.get("extends"):
            other = read(base["file"], values).services[base["service"]].model_dump(exclude_unset=True)
            assert not set(service) & set(other), "merging what both say is not written here"
            document["services"][name] = other | service
    return Compose.model_validate(document)
