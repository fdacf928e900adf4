"""Three levels of detail with textures, as two mesh processes make them: seconds and the memory of each process.

The avatar is ours at 18,000 triangles with four images of 1024 px.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image

from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.layout import image_bytes
from avatar.gltf.variants import build_variant
from avatar.variant import Compression, TextureFormat, Variant
from bench.gltf.child import shape
from bench.gltf.peers import high_water_mb
from runtime.toolchain import toolchain

TRIANGLES = 18_000
IMAGES = 4
SIDE = 1024  # pixels
SHARES = ("0", "1,2")  # levels that each of two processes makes


@dataclass(frozen=True, slots=True)
class Levels:
    """Three levels in one image format."""

    format: TextureFormat
    seconds: float
    bytes: tuple[int, ...]
    python_mb: float  # of the larger mesh process
    codec_mb: float  # of the codecs' process that both keep


def specimen(data: bytes, sidecar: Sidecar) -> bytes:
    """``data`` with 18,000 triangles and four square images that all textures share."""
    document = shape(data, TRIANGLES, sidecar)
    sources = [image for image in image_bytes(document) if image][:IMAGES]
    views, chunks, images = list(document.list("bufferViews")), [document.binary], []
    size = len(document.binary)
    for source in sources:
        saved = io.BytesIO()
        Image.open(io.BytesIO(source)).convert("RGB").resize((SIDE, SIDE)).save(saved, "PNG")
        padding = -size % 4
        chunks += [b"\0" * padding, saved.getvalue()]
        size += padding
        views.append({"buffer": 0, "byteOffset": size, "byteLength": len(saved.getvalue())})
        size += len(saved.getvalue())
        images.append({"bufferView": len(views) - 1, "mimeType": "image/png"})
    textures = [{**texture, "source": number % len(images)} for number, texture in enumerate(document.list("textures"))]
    tree = {
        **document.tree,
        "bufferViews": views,
        "images": images,
        "textures": textures,
        "buffers": [{"byteLength": size}],
    }
    return write_glb(Document(tree, b"".join(chunks)))


def measure(data: bytes, kind: TextureFormat) -> Levels:
    """Two processes, both warm, from the word to go until the last level is done."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.glb")
        source.write_bytes(data)
        command = [sys.executable, "-m", "bench.gltf.levels", str(source), kind.value]
        children = [
            subprocess.Popen([*command, share], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for share in SHARES
        ]
        pipes = [(child.stdin, child.stdout) for child in children]
        for _, out in pipes:
            assert out is not None
            out.readline()  # ready
        start = time.perf_counter()
        for into, _ in pipes:
            assert into is not None
            into.write("go\n")
            into.flush()
        answers = [out.readline().split() for _, out in pipes if out is not None]
        seconds = time.perf_counter() - start
        rests = [out.readline().split() for _, out in pipes if out is not None]
        for child in children:
            child.communicate()
    sizes = tuple(int(size) for answer in answers for size in answer)
    return Levels(kind, seconds, sizes, max(float(rest[0]) for rest in rests), max(float(rest[1]) for rest in rests))


def main(arguments: list[str]) -> int:
    """One mesh process: says that it is warm, waits, makes its levels, says how large they and it are."""
    source, kind, share = arguments
    data = Path(source).read_bytes()
    with Sidecar(toolchain()) as sidecar:
        build_variant(data, Variant(lod=2, texture_size=64, compression=Compression.MESHOPT), sidecar)
        print("ready", flush=True)
        sys.stdin.readline()
        sizes = []
        for level in share.split(","):
            variant = Variant(lod=int(level), texture_format=TextureFormat(kind), compression=Compression.MESHOPT)
            sizes.append(len(build_variant(data, variant, sidecar).data))
        print(*sizes, flush=True)
        family = psutil.Process().children(recursive=True)
        print(high_water_mb(os.getpid()), max(high_water_mb(child.pid) for child in family), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
