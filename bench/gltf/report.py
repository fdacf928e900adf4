"""What is measured of each avatar, and the tables that say it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.model.document import Document, without, write_glb
from avatar.gltf.model.layout import image_bytes
from avatar.gltf.model.pose import Pose, placements, triangles
from avatar.gltf.model.slots import source_image
from avatar.gltf.transforms.dedup import without_unused
from avatar.gltf.variants import build_variant
from avatar.variant import Compression, Variant
from bench.gltf import peers
from bench.gltf.child import shape
from bench.gltf.peers import Run
from bench.gltf.surfaces import HEIGHT, Distance, Surface, distance, face_of, pose_of, scaled, surface

TARGETS = {8000: 1, 3000: 2}  # triangles -> level
EVEN = 1.05  # mean of a model without face morphs: this many times the better peer's at most
MB = 2**20
ROUNDS = 3  # of each clock: the best counts
SPECK = 4  # pixels
_TEXTURES = frozenset({"EXT_texture_webp", "KHR_texture_basisu"})


@dataclass(frozen=True, slots=True)
class Made:
    """What one maker made of one avatar at one target."""

    maker: str
    run: Run
    triangles: int
    error: Distance
    packed: int  # bytes without images, as small as the maker can


@dataclass(frozen=True, slots=True)
class Speed:
    """The same work, from a file to a packed file, images left alone: the best of `ROUNDS`."""

    checked: float  # seconds of ours where Python and the sidecar already run, as the product does it
    unchecked: float  # the same without a look at the result; gltfpack takes none
    second: float  # checked, right after another level of the same model; for gltfpack each file is the first
    process: Run  # ours, checked, in a process that has to start
    gltfpack: Run


@dataclass(frozen=True, slots=True)
class Measured:
    """One avatar at one target: ours first, then the peers."""

    avatar: str
    target: int
    morphs: bool
    speed: Speed
    made: tuple[Made, ...]


@dataclass(frozen=True, slots=True)
class Original:
    """An avatar in the pose in which everything is compared."""

    pose: Pose
    face: Mapping[str, float]
    scale: float
    surface: Surface
    triangles: int


def original(document: Document) -> Original:
    """Pose and measure the model as it came."""
    pose, face = pose_of(document), face_of(document)
    scale = HEIGHT / float(np.ptp(surface(document).corners.reshape(-1, 3), axis=0).max())
    return Original(pose, face, scale, scaled(surface(document, pose, face), scale), drawn(document))


def drawn(document: Document) -> int:
    """Triangles that are shown."""
    return sum(len(triangles(document, placement.tree(document))) for placement in placements(document))


def measure(name: str, data: bytes, tools: Toolchain, sidecar: Sidecar) -> tuple[list[Measured], dict[str, bytes]]:
    """Both targets of one avatar; and what each maker made at the lower one, for pictures."""
    source = require_sound(data, sidecar)
    whole = original(source)
    plain = write_glb(source)  # the peers get what we read: no maker pays for another's unpacking
    bare = write_glb(with_specks(source))
    found: list[Measured] = []
    files: dict[str, bytes] = {"original": plain}
    for target, level in TARGETS.items():
        if whole.triangles <= target:
            continue
        ratio = target / whole.triangles
        started = time.perf_counter()
        shaped = write_glb(shape(plain, target, sidecar))
        makers: dict[str, tuple[Run, int]] = {
            "ours": (Run(shaped, time.perf_counter() - started, 0.0), _packed(plain, level, sidecar)),
            "gltfpack": (
                peers.gltfpack(tools, plain, ratio),
                _without_images(peers.gltfpack(tools, plain, ratio, packed=True).data, sidecar),
            ),
            "gltf-transform": (peers.gltf_transform(tools, plain, ratio), 0),
        }
        made = []
        for maker, (run, packed) in makers.items():
            document = require_sound(run.data, sidecar)
            posed = scaled(surface(document, whole.pose, whole.face), whole.scale)
            made.append(Made(maker, run, drawn(document), distance(whole.surface, posed), packed))
            files[maker] = run.data
        found.append(Measured(name, target, bool(whole.face), _speed(tools, bare, level, ratio), tuple(made)))
    return found, files


def _speed(tools: Toolchain, bare: bytes, level: int, ratio: float) -> Speed:
    return Speed(
        *peers.ours_warm(bare, level, ROUNDS),
        peers.quickest(lambda: peers.ours(bare, level), ROUNDS),
        peers.quickest(lambda: peers.gltfpack(tools, bare, ratio, packed=True), ROUNDS),
    )


def with_specks(document: Document) -> Document:
    """``document`` with images of a few pixels, each another, for clocks that shall see geometry alone."""
    views, chunks, images = list(document.list("bufferViews")), [document.binary], []
    size = len(document.binary)
    for number, image in enumerate(document.list("images")):
        saved = io.BytesIO()
        Image.new("RGB", (SPECK, SPECK), (number % 256, number // 256, 90)).save(saved, "PNG")
        padding = -size % 4
        chunks += [b"\0" * padding, saved.getvalue()]
        views.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(saved.getvalue())})
        size += padding + len(saved.getvalue())
        images.append({**image, "bufferView": len(views) - 1, "mimeType": "image/png"})
    plain = [
        {**without(texture, "extensions"), "source": source_image(texture) or 0}
        for texture in document.list("textures")
    ]
    parts = {"bufferViews": views, "images": images, "textures": plain, "buffers": [{"byteLength": size}]}
    tree = {**document.tree, **{key: value for key, value in parts.items() if value}}
    for key in ("extensionsUsed", "extensionsRequired"):
        names = [name for name in tree.pop(key, ()) if name not in _TEXTURES]
        tree |= {key: names} if names else {}
    return without_unused(Document(tree, b"".join(chunks)))


def _packed(plain: bytes, level: int, sidecar: Sidecar) -> int:
    variant = Variant(lod=level, texture_size=64, compression=Compression.MESHOPT)
    return _without_images(build_variant(plain, variant, sidecar).data, sidecar)


def _without_images(data: bytes, sidecar: Sidecar) -> int:
    images = sum(map(len, image_bytes(require_sound(data, sidecar))))
    return len(data) - images


def faults(measured: Measured) -> list[str]:
    """Where ours is not what it should be beside the peers."""
    ours, *others = measured.made
    found = []
    limits: Sequence[tuple[str, float, Callable[[Distance], float]]] = (
        ("mean", 1.0 if measured.morphs else EVEN, lambda error: error.mean),
        ("99th percentile", 1.0, lambda error: error.p99),
        ("Hausdorff", 1.0, lambda error: error.hausdorff),
    )
    for label, limit, of in limits:
        ratio = of(ours.error) / min(of(other.error) for other in others)
        if ratio >= limit:
            found.append(f"{measured.avatar} at {measured.target:,}: {label} is {ratio:.2f} of the better peer's")
    if not 0.99 * measured.target <= ours.triangles <= measured.target:
        found.append(f"{measured.avatar} at {measured.target:,}: {ours.triangles:,} triangles")
    return found


def error_table(rows: Sequence[Measured]) -> str:
    """Mean, 99th percentile and Hausdorff distance of each maker, and ours as a share of the better peer's."""
    lines = [
        "| avatar | target | ours | gltfpack | gltf-transform | ours / better peer |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ours, *others = row.made
        ratios = [
            ours.error.mean / min(other.error.mean for other in others),
            ours.error.p99 / min(other.error.p99 for other in others),
            ours.error.hausdorff / min(other.error.hausdorff for other in others),
        ]
        cells = [f"{e.mean:.2f} / {e.p99:.1f} / {e.hausdorff:.1f}" for e in (made.error for made in row.made)]
        shares = " / ".join(f"{ratio:.2f}" for ratio in ratios)
        lines.append(f"| {row.avatar} | {row.target:,} | {' | '.join(cells)} | {shares} |")
    return "\n".join(lines)


def cost_table(rows: Sequence[Measured]) -> str:
    """Triangles, bytes without images, seconds and memory of each maker."""
    lines = [
        "| avatar | target | triangles: ours, gltfpack, gltf-transform | packed KiB: ours, gltfpack -cc "
        "| s, packed: ours checked, ours unchecked, gltfpack "
        "| s, packed: ours checked, after another level of the avatar | s as a process: ours, gltf-transform "
        "| peak MB of the process: ours, gltfpack, gltf-transform |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        speed, transform = row.speed, row.made[2].run
        counts = ", ".join(f"{made.triangles:,}" for made in row.made)
        packed = ", ".join(f"{made.packed / 1024:,.0f}" for made in row.made if made.packed)
        seconds = ", ".join(f"{each:.2f}" for each in (speed.checked, speed.unchecked, speed.gltfpack.seconds))
        starts = f"{speed.process.seconds:.2f}, {transform.seconds:.2f}"
        peaks = ", ".join(f"{run.peak_mb:,.0f}" for run in (speed.process, speed.gltfpack, transform))
        cells = (row.avatar, f"{row.target:,}", counts, packed, seconds, f"{speed.second:.2f}", starts, peaks)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def compare(data: bytes, tools: Toolchain) -> str:
    """Both tables of one avatar of ours."""
    with Sidecar(tools) as sidecar:
        rows, _ = measure("this one", data, tools, sidecar)
    return f"{error_table(rows)}\n\n{cost_table(rows)}"
