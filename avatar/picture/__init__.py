"""A GLB in, a PNG out: the one renderer that every picture comes from."""

from avatar.picture.studio import Studio, is_available, render
from avatar.shot import Framing, Pose, Shot, View

__all__ = ["Framing", "Pose", "Shot", "Studio", "View", "is_available", "render"]
