"""What was measured, line by line, what it must be, and the tables that say so."""

import json
import os
import platform
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional


@dataclass
class Line:
    """One comparison, or one figure where there is nothing to compare with."""

    part: str
    what: str
    ours: list  # One value for each round.
    unit: str
    theirs: list = field(default_factory=list)
    theirs_is: str = ""  # Whose figure stands beside ours: "Redis".
    ratios: list = field(default_factory=list)  # Ours to theirs, round by round.
    at_least: Optional[float] = None  # Of the median ratio.
    at_most: Optional[float] = None

    def __post_init__(self):
        if self.theirs and not self.ratios:
            self.ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs)]

    def reached(self):
        return statistics.median(self.ratios) if self.ratios else None

    def met(self):
        """None where nothing is required."""
        if self.at_least is not None:
            return self.reached() >= self.at_least
        if self.at_most is not None:
            return self.reached() <= self.at_most
        return None

    def required(self):
        if self.at_least is not None:
            return f"≥ {self.at_least:.2f}"
        return f"≤ {self.at_most:.2f}" if self.at_most is not None else ""

    def row(self):
        ratios = f"{min(self.ratios):.2f} to {max(self.ratios):.2f}" if self.ratios else ""
        return [
            self.what,
            f"{told(statistics.median(self.ours))} {self.unit}",
            f"{told(statistics.median(self.theirs))} {self.unit}, {self.theirs_is}" if self.theirs else "",
            f"{self.reached():.2f}" if self.ratios else "",
            ratios if self.ratios else f"{told(min(self.ours))} to {told(max(self.ours))}",
            self.required(),
            {None: "", True: "met", False: "**MISSED**"}[self.met()],
        ]

    def as_json(self):
        one = {"part": self.part, "what": self.what, "unit": self.unit, "rounds": self.ours,
               "median": statistics.median(self.ours)}
        if self.theirs:
            one |= {"against": self.theirs_is, "theirs": self.theirs, "ratios": self.ratios, "reached": self.reached()}
        if self.met() is not None:
            one |= {"at_least" if self.at_least is not None else "at_most":
                    self.at_least if self.at_least is not None else self.at_most, "met": self.met()}
        return one


def told(value):
    """Three digits that matter, and no exponent: 8.93, 89.3, 893, 12300."""
    size = abs(value)
    return f"{value:.{0 if size == 0 or size >= 99.95 else 1 if size >= 9.995 else 2}f}"


def table(lines):
    head = ["line", "Holdfast", "beside it", "ratio", "rounds", "required", ""]
    rows, part = [head, ["---"] * len(head)], None
    for line in lines:
        if line.part != part:
            part = line.part
            rows.append([f"**{part}**"] + [""] * (len(head) - 1))
        rows.append(line.row())
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |\n" for row in rows)


def machine(directory, commit, versions):
    """What was measured on, and when."""
    names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    mounts = [line.split()[:3] for line in open("/proc/self/mounts")]
    device, _, kind = max((mount for mount in mounts if str(directory).startswith(mount[1])), key=lambda m: len(m[1]))
    return {"cpu": names[0] if names else "unknown", "cores": os.cpu_count(),
            "kernel": f"{platform.system()} {platform.release()}", "file_system": f"{kind} on {device}",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": commit, "versions": versions}


def opening(where):
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    return (f"{where['cores']} cores of {where['cpu']}, {where['kernel']}, {where['file_system']}; "
            f"commit {where['commit']}, {where['time']}. {versions}.\n\n")


def write(lines, where, results):
    """Leaves every round as JSON and the table as a page; returns the path of the first."""
    results.mkdir(parents=True, exist_ok=True)
    stamp = where["time"][:16].replace(":", "")
    path = Path(results) / f"versus-{stamp}-{where['commit']}.json"
    path.write_text(json.dumps({"machine": where, "lines": [line.as_json() for line in lines]}, indent=1) + "\n")
    (results / "versus-latest.md").write_text(opening(where) + table(lines))
    return path
