"""What the checker wrote down, against what the API server said of the same moments. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SETTLED = 40.0
"""Seconds after its start from which a pod is to be in every answer: cadvisor and the summary look every 10 to 15."""
LISTED = 15.0
"""The same for the pod list, which has a pod as soon as the kubelet does."""
RESTARTED = "kubelet restarted"
GONE = 60.0
"""Seconds after the API server's last word of a pod from which no answer may show it."""
SHARED = 8.0
"""Seconds that an answer may be older than its question: sharing.ttl, and what a scrape takes."""

MOMENT = 2.5
"""Seconds for which a scrape that failed may be shown: it is shared for one, and asked for once in one."""

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """The API server's pods at one moment: ``namespace/name`` to the seconds since its containers run, for those that
    are running, ready and not told to go; ``known`` are all that there are.
    """

    at: float
    running: Mapping[str, float]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A time in which answers other than 200 are to be expected."""

    why: str
    begin: float
    end: float

    def touches(self, line: Line) -> bool:
        return self.begin <= line["came"] and line["asked"] <= self.end


def truth_of(at: float, pods: Mapping[str, Any], seconds_of: Any) -> Truth:
    """From ``kubectl get pods -A -o json``; ``seconds_of`` makes seconds of a timestamp of Kubernetes."""
    running, known = {}, set()
    for pod in pods["items"]:
        meta, status = pod["metadata"], pod["status"]
        name = f"{meta['namespace']}/{meta['name']}"
        known.add(name)
        states = [one.get("state", {}).get("running") for one in status.get("containerStatuses", ())]
        if "deletionTimestamp" not in meta and states and all(states):
            running[name] = at - max(seconds_of(state["startedAt"]) for state in states)
    return Truth(at, running, frozenset(known))


def leaks(lines: Iterable[Line], granted: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Any pod, in any answer at any moment, of a namespace that its caller may not see."""
    for line in lines:
        if line["caller"] in granted:
            foreign = [pod for pod in line.get("pods", ()) if pod.partition("/")[0] not in granted[line["caller"]]]
            if foreign:
                yield f"{line['caller']} saw {foreign} in {line['endpoint']} at {line['asked']:.1f}"


def gaps(
    lines: Sequence[Line],
    granted: Mapping[str, frozenset[str]],
    truths: Sequence[Truth],
    times: Sequence[Disturbed] = (),
) -> Iterator[str]:
    """Answers that lack a pod of the caller's own which the API server said ran all the while, unless the kubelet
    says in that answer that it could not measure, or, asked directly at that time, did not show the pod either. While
    it is restarted it need not be asked.
    """
    direct = [line for line in lines if line["caller"] == "direct" and "pods" in line]
    restarts = [time for time in times if time.why == RESTARTED]
    for line, pod in due(lines, granted, truths):
        excused = "unmeasured" in line or any(time.touches(line) for time in restarts)
        if pod not in line["pods"] and not excused and not _kubelet_lacked(pod, line, direct):
            yield f"{line['caller']} did not see {pod} in {line['endpoint']} at {line['asked']:.1f}"


def due(
    lines: Iterable[Line], granted: Mapping[str, frozenset[str]], truths: Sequence[Truth]
) -> Iterator[tuple[Line, str]]:
    """Each whole answer with each pod that has to be in it."""
    for line in lines:
        if line["caller"] in granted and "pods" in line:
            settled = _settled(line, truths)
            yield from ((line, pod) for pod in settled if pod.partition("/")[0] in granted[line["caller"]])


def stale(lines: Sequence[Line], granted: Mapping[str, frozenset[str]], truths: Sequence[Truth]) -> Iterator[str]:
    """Pods in a pod list that the API server had not known for long."""
    for line in lines:
        if line["caller"] in granted and line["endpoint"] == "/pods" and "pods" in line:
            before = [truth for truth in truths if line["asked"] - GONE <= truth.at <= line["came"] + SHARED]
            if before and before[0].at <= line["asked"] - GONE + SHARED:
                ever = frozenset().union(*(truth.known for truth in before))
                yield from (f"{line['caller']} saw {pod}, long gone" for pod in line["pods"] if pod not in ever)


def lingering(lines: Sequence[Line], granted: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Scrapes that the kubelet calls failed, shown longer than for a moment, while the kubelet itself is well again."""
    well = [line for line in lines if line["caller"] == "direct" and "pods" in line and "unmeasured" not in line]
    since: dict[tuple[str, str], float] = {}
    for line in sorted(lines, key=lambda one: float(one["asked"])):
        key = line["caller"], line["endpoint"]
        if "unmeasured" not in line:
            since.pop(key, None)
            continue
        first = since.setdefault(key, line["asked"])
        late = line["caller"] in granted and line["asked"] - first > MOMENT
        if late and any(one["endpoint"] == key[1] and first < one["asked"] < line["asked"] - MOMENT for one in well):
            yield f"{key[0]} was shown a failed scrape of {key[1]} from {first:.1f} to {line['asked']:.1f}"


def odd_statuses(
    lines: Iterable[Line], granted: Mapping[str, frozenset[str]], times: Sequence[Disturbed]
) -> Iterator[str]:
    """Answers other than 200 to who has a grant, when nothing was disturbed."""
    for line in lines:
        if line["caller"] in granted and line["status"] != 200 and not any(time.touches(line) for time in times):
            yield f"{line['caller']} got {line['status']} {line['said']} for {line['endpoint']} at {line['asked']:.1f}"


def summed_up(lines: Sequence[Line], times: Sequence[Disturbed], began: float) -> str:
    """A table of answers for each caller and endpoint, and of the times that were disturbed."""
    counts = Counter((line["caller"], line["endpoint"], str(line["status"])) for line in lines)
    rows = [f"{'caller':<8} {'endpoint':<20} {'status':<7} {'answers':>7}"]
    rows += [
        f"{caller:<8} {endpoint:<20} {status:<7} {n:>7}" for (caller, endpoint, status), n in sorted(counts.items())
    ]
    rows += [f"{time.why}: {time.begin - began:.0f} s to {time.end - began:.0f} s" for time in times]
    return "\n".join(rows)


def _settled(line: Line, truths: Sequence[Truth]) -> set[str]:
    """Pods that ran long before the question, by every word of the API server around it; none where it was silent."""
    around = [truth for truth in truths if line["asked"] - SHARED <= truth.at <= line["came"] + 2]
    if not around:
        latest = [truth for truth in truths if truth.at < line["asked"]]
        later = [truth for truth in truths if truth.at > line["came"]]
        around = [*latest[-1:], *later[:1]]
    if not around:
        return set()
    least = LISTED if line["endpoint"] == "/pods" else SETTLED
    settled = [{pod for pod, seconds in truth.running.items() if seconds >= least} for truth in around]
    return set.intersection(*settled)


def _kubelet_lacked(pod: str, line: Line, direct: Sequence[Line]) -> bool:
    near = [
        one
        for one in direct
        if one["endpoint"] == line["endpoint"] and line["asked"] - SHARED <= one["came"] <= line["came"] + 2
    ]
    return any(pod not in one["pods"] for one in near)
