"""Who is calling. Every route asks; access control lands here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from avatar.frozen import Frozen

LOCAL_TENANT = "local"


class Principal(Frozen):
    """An identified caller and the tenant it acts for."""

    tenant: str
    name: str


async def current_principal() -> Principal:
    """The caller of this request. The embedded stack listens on loopback and serves one tenant."""
    return Principal(tenant=LOCAL_TENANT, name="local")


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
