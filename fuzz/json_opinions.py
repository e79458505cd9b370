"""What others make of a document that is taken: the standard library, and jq where it is installed."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from typing import Any

from kubesieve.kubelet.listed import Listed

STRICTER = frozenset(
    ("json-empty", "json-not-utf8", "json-duplicate-name", "json-too-deep", "json-wrong-type", "json-missing",
     "json-ambiguous-name")
)  # fmt: skip
"""Reasons to refuse what the standard library takes."""
BATCH = 500


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise RuntimeError("a name given twice")
    return dict(pairs)


def standard_library(body: bytes, name: str, reference: str, read: Listed | str) -> str:
    """What it has against a reading, or against a reason not to read it; "" where nothing."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_pairs)
    except RuntimeError as error:
        return "" if isinstance(read, str) else f"the standard library sees {error}"
    except (ValueError, RecursionError) as error:
        return "" if isinstance(read, str) else f"the standard library refuses it: {error}"
    if isinstance(read, str):
        return "" if read in STRICTER else f"the standard library takes it, it was refused as {read}"
    return _against(value, name, reference, read)


def _against(value: dict[str, Any], name: str, reference: str, read: Listed) -> str:
    listed = value[name] or []
    if [(other, json.loads(raw)) for other, raw in read.members] != [pair for pair in value.items() if pair[0] != name]:
        return "the standard library makes other members of it"
    if [json.loads(item.raw) for item in read.items] != listed:
        return "the standard library makes other items of it"
    if [item.namespace for item in read.items] != [item[reference]["namespace"] for item in listed]:
        return "the standard library sees other namespaces"
    return ""


class Jq:
    """Documents that were taken, given to jq many at a time."""

    def __init__(self) -> None:
        self.program = shutil.which("jq")
        self.asked = 0
        self._waiting: list[bytes] = []

    def hear(self, body: bytes) -> str:
        """What it has against one of those so far; "" where nothing, or nothing yet."""
        if self.program is None:
            return ""
        self._waiting.append(body)
        return self.ask() if len(self._waiting) >= BATCH else ""

    def ask(self) -> str:
        if self.program is None or not self._waiting:
            return ""
        bodies, self._waiting = self._waiting, []
        self.asked += len(bodies)
        done = subprocess.run([self.program, "-c", "."], input=b"\n".join(bodies), capture_output=True)
        said = done.stdout.split(b"\n")[:-1]
        for body, line in zip(bodies, said, strict=False):
            if not same(json.loads(body), json.loads(line)):
                return f"jq makes {line!r:.300} of {body!r:.2000}"
        return f"jq refuses {bodies[len(said)]!r:.2000}: {done.stderr!r}" if len(said) < len(bodies) else ""


LARGEST = 1.7976931348623157e308


def same(ours: Any, theirs: Any) -> bool:
    """Equal, numbers as jq has them: as floats, none of them infinite."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and ours.keys() == theirs.keys() and all(same(ours[n], theirs[n]) for n in ours)
    if isinstance(ours, list):
        return isinstance(theirs, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, int | float) and not isinstance(ours, bool):
        return isinstance(theirs, int | float) and math.isclose(_finite(ours), _finite(theirs), rel_tol=1e-12)
    return bool(ours == theirs) and type(ours) is type(theirs)


def _finite(number: float) -> float:
    try:
        return max(-LARGEST, min(LARGEST, float(number)))
    except OverflowError:
        return LARGEST if number > 0 else -LARGEST
