"""What a benchmark hands back: one measured figure, and how it compares with its target."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One measured figure. `target` is the promise of the specification, None where there is none."""

    name: str
    value: float
    unit: str
    target: float | None
    better: Literal["less", "more"]
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than the target: 2.0 is half the time, or twice the throughput; None without one."""
        if self.target is None:
            return None
        part, whole = (self.target, self.value) if self.better == "less" else (self.value, self.target)
        if whole == 0:
            return 1.0 if part == 0 else float("inf")
        return part / whole

    @property
    def verdict(self) -> Literal["met", "MISSED", "-"]:
        """Is the target met? Meeting it exactly counts."""
        if self.target is None:
            return "-"
        met = self.value <= self.target if self.better == "less" else self.value >= self.target
        return "met" if met else "MISSED"


def number(value: float | None) -> str:
    """A number as a person reads it: four significant figures, thousands grouped, no trailing zeros."""
    if value is None:
        return "-"
    if value == float("inf"):
        return "inf"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def table(figures: list[Figure]) -> str:
    """The figures as a text table: figure, measured, target, ratio, verdict, note."""
    head = ("figure", "measured", "target", "ratio", "verdict", "note")
    rows = [head] + [
        (
            figure.name,
            f"{number(figure.value)} {figure.unit}".strip(),
            _target(figure),
            "-" if figure.ratio is None else f"{figure.ratio:.2f}x",
            figure.verdict,
            figure.note,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _target(figure: Figure) -> str:
    """The target with its direction: "at most 20 ms"."""
    if figure.target is None:
        return "-"
    sign = "<=" if figure.better == "less" else ">="
    return f"{sign} {number(figure.target)} {figure.unit}".strip()
