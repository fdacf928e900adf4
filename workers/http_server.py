"""The few answers a worker gives over HTTP, for orchestrators and Prometheus.

The standard library's server, in a thread of its own: a worker needs no web framework to start with.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog

from avatar.errors import SetupProblem

log = structlog.get_logger()
ANSWER_SECONDS = 5.0
READ_SECONDS = 5.0  # a client that sends nothing is hung up on


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body and its kind."""

    status: HTTPStatus
    body: bytes
    media_type: str = "application/json"

    @classmethod
    def json(cls, status: HTTPStatus, content: Mapping[str, Any]) -> Answer:
        """An answer with ``content`` as its JSON."""
        return cls(status, json.dumps(content).encode())


Page = Callable[[], Awaitable[Answer]]


@contextmanager
def http_server(host: str, port: int, pages: Mapping[str, Page]) -> Iterator[int]:
    """Serve GET of ``pages`` (path -> coroutine function, run on the current event loop) while the context lasts.

    Gives the port; 0 takes a free one. A loop that does not answer within five seconds is told as 503, so a probe
    notices a worker that hangs. Raises SetupProblem when the port cannot be had.
    """
    loop = asyncio.get_running_loop()

    class Handler(BaseHTTPRequestHandler):
        timeout = READ_SECONDS
        server_version = "avatar-worker"
        sys_version = ""

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            answer = self._ask(pages.get(self.path.partition("?")[0]))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(answer.body)

        def _ask(self, page: Page | None) -> Answer:
            if page is None:
                return Answer.json(HTTPStatus.NOT_FOUND, {"ok": False, "detail": f"there is {', '.join(pages)}"})
            asked = asyncio.run_coroutine_threadsafe(_called(page), loop)
            try:
                return asked.result(ANSWER_SECONDS)
            except TookTooLong:
                asked.cancel()
                return Answer.json(HTTPStatus.SERVICE_UNAVAILABLE, {"ok": False, "detail": "the worker hangs"})
            except Exception as error:
                log.error("unexpected error", path=self.path, exc_info=error)
                return Answer.json(HTTPStatus.INTERNAL_SERVER_ERROR, {"ok": False, "detail": "see the log"})

        def log_message(self, format: str, *args: object) -> None:
            log.debug("request", path=self.path, detail=format % args)

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    try:
        server = Server((host, port), Handler)
    except OSError as problem:
        raise SetupProblem(
            f"The worker cannot listen on {host}:{port}: {problem.strerror}",
            mend="Set AVATAR_WORKER_HOST and AVATAR_WORKER_PORT to an address of this machine and a free port.",
        ) from problem
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:

        def stop() -> None:
            server.shutdown()
            server.server_close()

        # Aside: it takes up to half a second, and the loop has better things to do.
        threading.Thread(target=stop, daemon=True).start()


async def _called(page: Page) -> Answer:
    return await page()
