"""A GLB in, a PNG out: the one renderer that every picture comes from."""

from avatar.picture.shot import Framing, Pose, Shot, View
from avatar.picture.studio import Studio, is_available, render

__all__ = ["Framing", "Pose", "Shot", "Studio", "View", "is_available", "render"]
