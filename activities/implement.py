"""Tying an activity method to the step it implements."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import activity

from workflows.steps import In, Out, Step

Owner = TypeVar("Owner")
STEP_ATTRIBUTE = "__avatar_step__"


def implements(
    step: Step[In, Out],
) -> Callable[[Callable[[Owner, In], Awaitable[Out]]], Callable[[Owner, In], Awaitable[Out]]]:
    """Register an async method as the activity of ``step``; the type checker holds it to the step's signature."""

    def decorate(method: Callable[[Owner, In], Awaitable[Out]]) -> Callable[[Owner, In], Awaitable[Out]]:
        @functools.wraps(method)
        async def call(self: Owner, given: In) -> Out:
            return await method(self, given)

        setattr(call, STEP_ATTRIBUTE, step)
        return activity.defn(name=step.name)(call)

    return decorate


def steps_of(owner: object) -> dict[str, Callable[[Any], Awaitable[Any]]]:
    """The bound activity methods of ``owner`` by step name."""
    found: dict[str, Callable[[Any], Awaitable[Any]]] = {}
    for name in dir(type(owner)):
        member = getattr(type(owner), name)
        step = getattr(member, STEP_ATTRIBUTE, None)
        if step is not None:
            found[step.name] = getattr(owner, name)
    return found
