"""Traces: from the HTTP request through Temporal to the steps and the jobs of the mesh pool.

Off unless ``AVATAR_TRACES`` says otherwise; then OpenTelemetry is not even imported. Spans leave in batches from a
thread of their own: a collector that is away costs spans, never work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from temporalio.client import Plugin

from runtime.settings import Traces

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

Value = str | int | float | bool

FLUSH_SECONDS = 3.0  # what a collector that does not answer may delay the end of a process
EXPORT_SECONDS = 5.0  # one attempt to hand over a batch, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise


@dataclass(slots=True)
class _Process:
    """What this process traces with; None: it does not."""

    tracer: Tracer | None = None


_process = _Process()


@contextmanager
def tracing(traces: Traces, service: str) -> Iterator[None]:
    """Trace this process as ``service`` while the context lasts; at its end what was gathered is sent.

    OpenTelemetry holds one provider for a process, so enter it once.
    """
    if traces == "off":
        yield
        return
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from temporalio.contrib.opentelemetry import create_tracer_provider

    resource = Resource.create({"service.name": service, "service.version": version("ar-avatar")})
    provider = create_tracer_provider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(traces)))
    trace.set_tracer_provider(provider)
    _process.tracer = provider.get_tracer("ar-avatar")
    try:
        yield
    finally:
        _process.tracer = None
        _within(FLUSH_SECONDS, provider.shutdown)


def temporal_plugins() -> list[Plugin]:
    """For ``Client.connect``: carry the trace into workflows and activities, when this process traces.

    The SDK's plugin, not its older interceptor: workflow spans have their true length, and get the same ids again when
    a history is replayed, on whichever worker, so none is sent twice.
    """
    if _process.tracer is None:
        return []
    from temporalio.contrib.opentelemetry import OpenTelemetryPlugin

    return [OpenTelemetryPlugin(add_temporal_spans=True)]


def trace_id() -> str | None:
    """The current trace in hexadecimal, to join logs with; None outside of any."""
    if _process.tracer is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def span(name: str, attributes: Mapping[str, Value]) -> AbstractContextManager[object]:
    """A span around a piece of our own work; an exception that leaves it marks it as failed."""
    if _process.tracer is None:
        return nullcontext()
    return _process.tracer.start_as_current_span(name, attributes=attributes)


def annotate(attributes: Mapping[str, Value]) -> None:
    """Add attributes to the current span."""
    if _process.tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(attributes)


class Request:
    """The span of one HTTP request, which continues the caller's trace when there is one."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def answered(self, method: str, route: str, status: int) -> None:
        """Name the span by the route's template: paths would be as many as agents."""
        from opentelemetry.trace import Status, StatusCode

        self._span.update_name(f"{method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


@contextmanager
def request_span(
    method: str, headers: Mapping[str, str], request_id: str, *, quiet: bool = False
) -> Iterator[Request | None]:
    """A server span for a request with these (lower-case) headers; None when it is not traced (``quiet`` ones are not).

    Of the headers only W3C ``traceparent`` and ``tracestate`` are read: neither query nor body gets into a trace.
    """
    if _process.tracer is None or quiet:
        yield None
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    with _process.tracer.start_as_current_span(
        method,
        context=TraceContextTextMapPropagator().extract(headers),
        kind=SpanKind.SERVER,
        attributes={"http.request.method": method, "avatar.request_id": request_id},
    ) as started:
        yield Request(started)


def _exporter(traces: Traces) -> SpanExporter:
    if traces == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(formatter=lambda span: f"{span.to_json(indent=None)}\n")
    import os

    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    told = "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ or "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" in os.environ
    return OTLPSpanExporter(timeout=None if told else EXPORT_SECONDS)


def _within(seconds: float, work: Callable[[], None]) -> None:
    # In a daemon thread: if it hangs on a dead collector, the process ends all the same.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
