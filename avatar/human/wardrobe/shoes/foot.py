"""A foot as a shoemaker sees it: stations from heel to toe, the width and height at each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, Figure
from avatar.human.wardrobe.frame import Dummy, shell_topology
from avatar.human.wardrobe.mesh import unit

STATIONS = np.linspace(0, 1, 15)  # from heel to toe
LOW = 0.05  # metres: widths are measured below this height, where the sole will be
FOOT_PARTS = ("Foot", "ToeBase", "Toe_End")


@dataclass(frozen=True, slots=True)
class Foot:
    """A foot in its own axes: x outward, y up from the ground, z from the ankle towards the toes; metres."""

    inner: F64  # (15,) x of the shoe's inner edge at the stations
    outer: F64
    top: F64  # of the bare foot
    heel: float  # z of the shoe's back
    length: float
    ankle: float  # height of the joint
    leg: F64  # (4,) centre x, centre z, half width, half depth of the leg just above the ankle
    scale: float

    def middle(self, t: F64) -> F64:
        """x of the centre line at the stations ``t``."""
        return np.interp(t, STATIONS, (self.inner + self.outer) / 2)

    def z(self, t: F64) -> F64:
        return self.heel + t * self.length

    def t(self, z: F64) -> F64:
        return (z - self.heel) / self.length


def measure(figure: Figure, dummy: Dummy, side: str, sign: float) -> tuple[Foot, F64]:
    """The foot of one side, and its axes (3, 3) as rows: outward, up, forward."""
    k = dummy.frame.scale
    ankle, ball = figure.joints[f"{side}Foot"], figure.joints[f"{side}ToeBase"]
    forward = unit((ball - ankle) * [1.0, 0.0, 1.0])
    axes = np.stack([np.cross([0.0, 1.0, 0.0], forward) * sign, [0.0, 1.0, 0.0], forward])
    skin = shell_topology().skin
    share = figure.weights[skin][:, [dummy.columns[f"{side}{part}"] for part in FOOT_PARTS]].sum(1)
    points = figure.vertices[skin[(share > 0.5) & (figure.vertices[skin, 1] < ankle[1] + 0.02 * k)]]
    x, z = ((points - ankle) @ axes[[0, 2]].T).T
    y = points[:, 1]
    heel, toe = float(z.min()) - 0.006 * k, float(z.max()) + 0.010 * k
    t = (z - heel) / (toe - heel)
    low = y < LOW * k
    inner, outer, top = (np.zeros(len(STATIONS)) for _ in range(3))
    for number, station in enumerate(np.clip(STATIONS, 0.05, 0.93)):
        near = np.abs(t - station) < 0.05
        near_low = near & low if (near & low).any() else near
        inner[number], outer[number], top[number] = x[near_low].min(), x[near_low].max(), y[near].max()
    above = np.abs(dummy.positions[:, 1] - (ankle[1] + 0.035 * k)) < 0.018 * k
    leg = dummy.positions[above & (dummy.positions[:, 0] * sign > 0)]
    lx, lz = ((leg - ankle) @ axes[[0, 2]].T).T
    around = np.array([lx.min() + lx.max(), lz.min() + lz.max(), np.ptp(lx), np.ptp(lz)]) / 2
    return Foot(
        _soft(inner) - 0.005 * k, _soft(outer) + 0.005 * k, _soft(top), heel, toe - heel, float(ankle[1]), around, k
    ), axes


def _soft(values: F64) -> F64:
    return np.convolve(np.r_[values[0], values, values[-1]], [0.25, 0.5, 0.25], "valid")
