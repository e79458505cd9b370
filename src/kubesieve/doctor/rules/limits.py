"""05xx: what a percentage lacks, told of containers that run."""

from __future__ import annotations

from collections.abc import Iterator

from kubesieve.agents import Key
from kubesieve.doctor.finding import Finding, Proof
from kubesieve.doctor.rules.proofs import listed
from kubesieve.doctor.telling import counted
from kubesieve.doctor.views.case import Case
from kubesieve.doctor.views.pods import Box
from kubesieve.doctor.views.text import CPU, MEMORY, MEMORY_LIMIT, WORKING_SET
from kubesieve.doctor.views.view import CADVISOR, PODS

_BY_LIMITS = {(False, False): "KS0501", (True, False): "KS0502", (False, True): "KS0503"}
_USAGE = (CPU, MEMORY, WORKING_SET)


def limits(case: Case) -> Iterator[Finding]:
    groups: dict[str, list[Key]] = {}
    for key, (_, box) in case.running.items():
        code = _code(case, key, box)
        if code:
            groups.setdefault(code, []).append(key)
    for code in sorted(groups):
        yield about(code, groups[code], PODS)


def about(code: str, keys: list[Key], endpoint: str, **values: str) -> Finding:
    """A finding on a group of containers."""
    first = keys[0]
    one = len(keys) == 1
    return Finding(
        code,
        f"{counted(len(keys))}: {listed(keys)}",
        (Proof(listed(keys), None, endpoint),),
        namespace=first.namespace if len({key.namespace for key in keys}) == 1 else None,
        pod=first.pod if one else None,
        container=first.container if one else None,
        endpoint=endpoint,
        explains=tuple(keys),
        values={
            "count": str(len(keys)),
            "containers": listed(keys, 3),
            "namespace": first.namespace,
            "kind": f"pod/{first.pod}",
            **values,
        },
    )


def _code(case: Case, key: Key, box: Box) -> str | None:
    if None in box.limits.values():
        return "KS0506"
    set_limits = (bool(box.limits.get("cpu")), bool(box.limits.get("memory")))
    if set_limits in _BY_LIMITS and not set_limits[1]:
        return _BY_LIMITS[set_limits]
    return "KS0505" if _not_in_series(case, key) else _BY_LIMITS.get(set_limits)


def _not_in_series(case: Case, key: Key) -> bool:
    """Usage is there, the limit's series is 0 or missing, and other containers have one."""
    view = case.direct or case.proxy
    text = view.text(CADVISOR) if view else None
    row = text.containers.get(key) if text else None
    if text is None or row is None or not any(name in row.values for name in _USAGE) or not case.settled(key):
        return False
    others = any(other.values.get(MEMORY_LIMIT, 0) > 0 for other in text.containers.values() if other is not row)
    return row.values.get(MEMORY_LIMIT, 0.0) <= 0 and (MEMORY_LIMIT in row.values or others)


def without_usage(case: Case) -> Iterator[Finding]:
    """Told of the direct view alone: of what a proxied one lacks nobody knows whether the kubelet has it."""
    text = case.direct.text(CADVISOR) if case.direct else None
    if text is None:
        return
    keys = [key for key in case.running if _silent(case, key) and key.namespace in text.shown()]
    if keys:
        yield about("KS0504", sorted(keys), CADVISOR)


def _silent(case: Case, key: Key) -> bool:
    """A container with limits whose namespace has rows, and neither it nor its pod has one."""
    view = case.direct or case.proxy
    text = view.text(CADVISOR) if view else None
    limited = bool(case.running[key][1].limits)
    if text is None or not limited or not case.settled(key) or not case.running[key][1].id:
        return False
    return key not in text.containers and (key.namespace, key.pod) not in text.pods
