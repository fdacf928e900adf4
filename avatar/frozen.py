"""The base of every model that crosses a border (HTTP, workflow history, catalog, CLI)."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Frozen(BaseModel):
    """Immutable, strict about unknown fields, camelCase in JSON and snake_case in Python."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )
