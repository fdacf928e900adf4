"""The process that meets the broken files: reads jobs from standard input, tells on standard output what each got.

A job is a line of JSON: {file, seed, build}, ``build`` the number of a variant or null. The answer: {outcome, error,
read, memory, build, build_memory}: CPU seconds of the reader and of the build, and the most memory (MB) that the
process held meanwhile.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
import traceback
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

from avatar.errors import AvatarError
from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Limits, Sidecar
from avatar.gltf.variants import build_variant
from avatar.variant import Channel, Compression, RestPose, TextureFormat, Variant
from fuzz.mutate import mutated
from runtime.toolchain import toolchain

# The level that every version publishes, and others that take the model through every transform and encoder.
VARIANTS = (
    Variant(lod=2),
    Variant(lod=2, compression=Compression.MESHOPT, morphs=("jawOpen", "viseme_aa")),
    Variant(lod=1, compression=Compression.DRACO, pose=RestPose.A, texture_format=TextureFormat.WEBP),
    Variant(lod=2, atlas=256, pose=RestPose.T, channels=(Channel.BASE_COLOR, Channel.NORMAL)),
    Variant(lod=2, texture_size=64, texture_format=TextureFormat.KTX2, atlas=256, compression=Compression.MESHOPT),
    Variant(lod=0, texture_size=64, texture_format=TextureFormat.PNG, morphs=()),
)
ADDRESS_SPACE = 4 * 2**30  # bytes: a hard end for what goes astray; the figure that counts is measured


@lru_cache(maxsize=64)
def _source(file: str) -> bytes:
    return Path(file).read_bytes()


def _memory() -> int:
    """The most MB held since `_forget`."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def _forget() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def examine(data: bytes, sidecar: Sidecar, variant: Variant | None) -> dict[str, Any]:
    """What ``data`` gets: "refused", "sound", "built", or "finding" with the trace of an error that is not ours."""
    _forget()
    said: dict[str, Any] = {"outcome": "refused"}
    start = time.process_time()
    try:
        inspect(data)
        require_sound(data, sidecar)
        said["outcome"] = "sound"
    except AvatarError as error:
        said["error"] = type(error).__name__
        said["detail"] = str(error)[:200]
    except Exception:
        said |= {"outcome": "finding", "error": traceback.format_exc()[-1500:]}
    said["read"], said["memory"] = time.process_time() - start, _memory()
    if variant is not None and said["outcome"] == "sound":
        start = time.process_time()
        try:
            build_variant(data, variant, sidecar)
            said["outcome"] = "built"
        except AvatarError as error:
            said["error"] = type(error).__name__
            said["detail"] = str(error)[:300]
        except Exception:
            said |= {"outcome": "finding", "error": traceback.format_exc()[-1500:]}
        said["build"], said["build_memory"] = time.process_time() - start, _memory()
    return said


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # numpy says when numbers overflow; the checks of what comes out decide
    answers = sys.stdout
    sys.stdout = sys.stderr
    with Sidecar(toolchain(), Limits(cpu_seconds=10, wall_seconds=30)) as sidecar:
        for line in sys.stdin:
            job = json.loads(line)
            data = mutated(_source(job["file"]), job["seed"])
            answers.write(
                json.dumps(examine(data, sidecar, VARIANTS[job["build"]] if job["build"] is not None else None)) + "\n"
            )
            answers.flush()


if __name__ == "__main__":
    main()
