"""A collector that speaks OTLP over HTTP, as far as traces go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Spanned:
    """A span as it arrived."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    seconds: float
    attributes: dict[str, str | int | float | bool]


class Collector:
    """Where it listens, and what came."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.spans: list[Spanned] = []

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            resource = {entry.key: entry.value.string_value for entry in of_resource.resource.attributes}
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    self.spans.append(
                        Spanned(
                            resource["service.name"],
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.status.code == span.status.STATUS_CODE_ERROR,
                            (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                            {
                                entry.key: getattr(entry.value, entry.value.WhichOneof("value") or "string_value")
                                for entry in span.attributes
                            },
                        )
                    )

    def named(self, name: str) -> list[Spanned]:
        return [span for span in self.spans if span.name == name]

    def only(self, name: str) -> Spanned:
        """The one span of that name."""
        [span] = self.named(name)
        return span

    def parent(self, span: Spanned) -> Spanned | None:
        """The span that ``span`` names as its parent, if it came."""
        return next((other for other in self.spans if other.id == span.parent), None)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
