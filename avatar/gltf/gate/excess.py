"""What no honest avatar has: addresses inside extensions, the same bytes used over and over, endless generations."""

from __future__ import annotations

from typing import Any, Final

from avatar.gltf.gate.checks import Findings, ProblemCode
from avatar.gltf.gate.schema import Gltf
from avatar.gltf.model.accessors import COMPONENT_DTYPES, element_size
from avatar.gltf.model.document import Tree, pointer

MAX_USED = 512 * 2**20  # bytes of vertices and morph targets, counted for each primitive that uses them
MAX_ANIMATED = 128 * 2**20  # bytes of key times and values, counted for each track that uses them
MAX_GENERATIONS = 512  # nodes below each other; a rig has about 20
_NESTED: Final = (dict, list)
_ADDRESSES: Final = ("uri", "url")  # ends of keys, in small letters
_HARMLESS: Final = frozenset({"VRM", "VRMC_vrm", "KHR_xmp_json_ld", "KHR_xmp"})  # licences and authors for people


def check_extensions(tree: Tree, findings: Findings) -> None:
    """Extensions are objects, wherever they stand, and hold no address that a tool could open."""
    _walk(tree, (), findings, inside=None)


def _walk(value: Any, path: tuple[str | int, ...], findings: Findings, inside: str | None) -> None:
    if isinstance(value, list):
        for at, item in enumerate(value):
            if isinstance(item, _NESTED):
                _walk(item, (*path, at), findings, inside)
        return
    for key, item in value.items():
        if key == "extensions":
            _extensions(item, path, findings)
        elif isinstance(item, str):
            if inside is not None and inside not in _HARMLESS and key.lower().endswith(_ADDRESSES):
                _address(item, (*path, key), findings)
        elif isinstance(item, _NESTED) and key != "extras":
            _walk(item, (*path, key), findings, inside)


def _extensions(value: Any, path: tuple[str | int, ...], findings: Findings) -> None:
    if not isinstance(value, dict):
        findings.error(ProblemCode.SCHEMA, pointer(*path, "extensions"), "must be an object; export the file again.")
        return
    for name, claim in value.items():
        where = (*path, "extensions", name)
        if not isinstance(claim, dict):
            findings.error(ProblemCode.SCHEMA, pointer(*where), "must be an object; export the file again.")
        else:
            _walk(claim, where, findings, inside=name)


def _address(uri: str, path: tuple[str | int, ...], findings: Findings) -> None:
    if not uri.startswith("data:"):
        message = f"{uri[:80]!r} points outside the file; embed what it refers to, or export without the extension."
        findings.error(ProblemCode.OUTSIDE_URI, pointer(*path), message)


def check_amounts(gltf: Gltf, findings: Findings) -> None:
    """How much a tree without errors unfolds to when everything that uses data gets its own, and how deep it is."""
    sizes = [
        accessor.count * element_size(accessor.type, COMPONENT_DTYPES[accessor.component_type])
        for accessor in gltf.accessors
    ]
    used = sum(
        sizes[at]
        for mesh in gltf.meshes
        for primitive in mesh.primitives
        for streams in (primitive.attributes, *primitive.targets)
        for at in streams.values()
    )
    _limit("/meshes", "vertices and morph targets unfold", used, MAX_USED, findings)
    animated = sum(
        sizes[sampler.input] + sizes[sampler.output] for animation in gltf.animations for sampler in animation.samplers
    )
    _limit("/animations", "animations unfold", animated, MAX_ANIMATED, findings)
    _check_generations(gltf, findings)


def _limit(where: str, what: str, size: int, most: int, findings: Findings) -> None:
    if size > most:
        message = f"{what} to {size:,} bytes, at most {most:,} are taken; simplify first."
        findings.error(ProblemCode.TOO_MUCH_DATA, where, message)


def _check_generations(gltf: Gltf, findings: Findings) -> None:
    children = {child for node in gltf.nodes for child in node.children}
    generation = [at for at in range(len(gltf.nodes)) if at not in children]
    for _ in range(MAX_GENERATIONS):
        generation = [child for at in generation for child in gltf.nodes[at].children]
        if not generation:
            return
    message = f"hangs below more than {MAX_GENERATIONS} others; flatten the hierarchy."
    findings.error(ProblemCode.TOO_MUCH_DATA, pointer("nodes", generation[0]), message)
