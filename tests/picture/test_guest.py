"""What becomes of a guest that is missing, dies, hangs or grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from avatar.errors import CodecFailed, PictureUnavailable
from avatar.picture import Shot, Studio, is_available
from avatar.picture import guest as guests
from avatar.picture.guest import Guest


@pytest.fixture
def guest_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Replace what the guest does with a draw request, or how it finds its library."""
    script = guests.CHILD.read_text()

    def replace(old: str, new: str) -> None:
        assert old in script
        path = tmp_path / "child.py"
        path.write_text(script.replace(old, new))
        monkeypatch.setattr(guests, "CHILD", path)

    return replace


MISSING = 'raise ImportError("libEGL.so.1: cannot open shared object file")'


def test_a_missing_library_is_said_with_the_way_to_mend_it(guest_does, man: bytes) -> None:
    guest_does("import filly ", f"{MISSING} ")
    reason = is_available()
    assert reason is not None and "libEGL.so.1" in reason and "apt-get install" in reason
    with Studio() as studio, pytest.raises(PictureUnavailable, match="libEGL"):
        studio.place(man)


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        ('print("out of cheese", file=sys.stderr); os.abort()', "code -6.*out of cheese"),
        ("os._exit(3)", "code 3"),
        ("import time; time.sleep(60)", "no answer in 1"),
        ("hog = [bytes([1]) * (1 << 20) for _ in range(2000)]; import time; time.sleep(60)", "MB of memory"),
    ],
)
def test_a_guest_that_dies_hangs_or_grows_is_a_failed_codec(guest_does, deed: str, message: str) -> None:
    guest_does("        stage, reply, image = answer(", f"        {deed}\n        stage, reply, image = answer(")
    guest = Guest(timeout=1.0 if "time" in deed and "hog" not in deed else 20.0, resident_bytes=200 << 20)
    try:
        with pytest.raises(CodecFailed, match=message) as caught:
            guest.ask({"do": "probe"})
        assert caught.value.retryable
        assert guest.process.poll() is not None
    finally:
        guest.close()


def test_after_a_crash_the_studio_starts_another_guest(guest_does, man: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = guests.CHILD
    guest_does("        reply, image = stage.draw(", "        os.abort()\n        reply, image = stage.draw(")
    with Studio() as studio:
        studio.place(man)
        with pytest.raises(CodecFailed):
            studio.photograph(Shot(width=32, height=32))
        monkeypatch.setattr(guests, "CHILD", healthy)
        studio.place(man)
        assert studio.photograph(Shot(width=32, height=32, background=None))[..., 3].any()
