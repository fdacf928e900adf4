"""``python -m api``: one API process."""

from __future__ import annotations

import sys

import uvicorn

from api.app import create_app
from avatar.errors import AvatarError
from runtime.logs import set_up_logging
from runtime.settings import load_settings
from runtime.temporal_core import set_up_temporal_core


def main() -> int:
    try:
        settings = load_settings()
    except AvatarError as error:
        print(str(error), file=sys.stderr)
        return error.exit_code
    set_up_logging(settings.log_level, "api")
    set_up_temporal_core(measured=True)
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,  # api.observe logs requests, with their ids
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
