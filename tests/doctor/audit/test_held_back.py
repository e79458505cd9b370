"""A correct view, spoilt in one place: whatever is held back or altered is told, and nothing else is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kubesieve.doctor.audit.judge import judge
from kubesieve.doctor.audit.observed import Look, Observed
from kubesieve.doctor.audit.reply import Reply
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import Exchange, Source
from kubesieve.doctor.finding import Severity
from kubesieve.doctor.telling import severity_of, tell

CADVISOR, RESOURCE, METRICS, PROBES = "/metrics/cadvisor", "/metrics/resource", "/metrics", "/metrics/probes"
PODS, SUMMARY, RUNNING = "/pods", "/stats/summary", "/runningpods/"
Change = Callable[[bytes], bytes]


def changed(seen: Observed, change: Callable[[Exchange], Exchange], source: Source = Source.PROXY) -> Observed:
    exchanges = tuple(change(one) if one.source is source else one for one in seen.evidence.exchanges)
    return replace(seen, evidence=replace(seen.evidence, exchanges=exchanges))


def spoilt(seen: Observed, path: str, change: Change) -> Observed:
    if path == RUNNING:
        proxied, *rest = seen.running_pods
        again = Look(proxied.probe, replace(proxied.reply, body=change(proxied.reply.body)))
        return replace(seen, running_pods=(again, *rest))
    return changed(seen, lambda one: replace(one, body=change(one.body)) if one.path == path else one)


def without(pattern: bytes) -> Change:
    return lambda body: b"\n".join(line for line in body.split(b"\n") if not re.search(pattern, line))


def written(pattern: bytes, instead: bytes) -> Change:
    return lambda body: re.sub(pattern, instead, body)


def each(name: str, change: Callable[[Any], object]) -> Change:
    def apply(body: bytes) -> bytes:
        whole = json.loads(body)
        for item in whole[name]:
            change(item)
        return json.dumps(whole).encode()

    return apply


def unlisted(name: str, pod: str) -> Change:
    def apply(body: bytes) -> bytes:
        whole = json.loads(body)
        named = (item.get("metadata") or item.get("podRef") for item in whole[name])
        whole[name] = [item for item, its in zip(whole[name], named, strict=True) if its["name"] != pod]
        return json.dumps(whole).encode()

    return apply


HELD_BACK = {
    "a namespace's resource metrics": (RESOURCE, without(rb'namespace="kube-system"')),
    "a pod's resource metrics": (RESOURCE, without(rb'pod="dns"')),
    "a family of resource metrics": (RESOURCE, without(rb"container_memory_working_set_bytes")),
    "a family that no agent counts": (CADVISOR, without(rb"container_memory_rss")),
    "one pod's interfaces": (CADVISOR, without(rb'container_network.*pod="agent"')),
    "volumes": (METRICS, without(rb"kubelet_volume_stats")),
    "probes": (PROBES, without(rb"namespace=")),
    "all containers of the summary": (SUMMARY, each("pods", lambda pod: pod.update(containers=[]))),
    "one member of the summary": (SUMMARY, each("pods", lambda pod: pod.pop("network", None))),
    "states": (PODS, each("items", lambda pod: pod.pop("status"))),
    "annotations": (PODS, each("items", lambda pod: pod["metadata"].pop("annotations", None))),
    "running pods": (RUNNING, unlisted("items", "dns")),
}
ALTERED = {
    "values": (CADVISOR, written(rb"(container_cpu_usage_seconds_total\{[^\n]*\}) \S+", rb"\1 0")),
    "a label's value": (CADVISOR, written(rb'image="[^"]*"', b'image="x"')),
    "time stamps": (CADVISOR, written(rb"(\} \S+) [0-9]{13}\n", rb"\1\n")),
    "an image in the pod list": (PODS, each("items", lambda pod: pod["spec"]["containers"][0].update(image="x"))),
}


@pytest.fixture(scope="module")
def view(our_view: Observed) -> Observed:
    """With a few families in cadvisor's metrics, and nothing tried: quicker."""
    rest = rb"container_(?!cpu_usage|memory_usage|memory_working|memory_rss|spec_|network_receive_bytes)"
    fewer = without(rb"^(?:# \w+ )?" + rest)
    after = (
        replace(one, reply=replace(one.reply, body=_of_cadvisor(one.probe.meant, one.reply.body, fewer)))
        for one in our_view.after
    )
    exchanges = (replace(one, body=_of_cadvisor(one.path, one.body, fewer)) for one in our_view.evidence.exchanges)
    evidence = replace(our_view.evidence, exchanges=tuple(exchanges))
    return replace(our_view, evidence=evidence, after=tuple(after), spoofed=(), queries=(), negotiated=())


def _of_cadvisor(path: str, body: bytes, change: Change) -> bytes:
    return change(body) if path == CADVISOR else body


def told(diagnosis: Diagnosis) -> list[str]:
    return [one.code for one in diagnosis.findings if severity_of(one) is not Severity.INFO]


@pytest.mark.parametrize("name", HELD_BACK)
def test_what_is_held_back_is_told_with_its_endpoint(view: Observed, name: str) -> None:
    path, change = HELD_BACK[name]
    found = judge(spoilt(view, path, change))
    assert told(found) == ["KS0314"]
    assert (found.findings[0].endpoint, found.exit) == (path, 1)
    assert "{" not in tell(found.findings[0]).title


@pytest.mark.parametrize("name", ALTERED)
def test_what_comes_otherwise_than_the_kubelet_gave_it_is_told(view: Observed, name: str) -> None:
    path, change = ALTERED[name]
    found = judge(spoilt(view, path, change))
    assert told(found) == ["KS0315"]
    assert found.findings[0].endpoint == path


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        pytest.param(CADVISOR, without(rb"container_cpu_usage_seconds_total"), "KS0307", id="a family agents count"),
        pytest.param(PODS, unlisted("items", "dns"), "KS0313", id="a pod"),
        pytest.param(CADVISOR, written(rb',image="[^"]*"', b""), "KS0310", id="a label"),
        pytest.param(CADVISOR, written(rb"\{", b'{zone="a",'), "KS0311", id="a label more"),
    ],
)
def test_what_the_doctors_rules_tell_is_told_once(view: Observed, path: str, change: Change, code: str) -> None:
    found = told(judge(spoilt(view, path, change)))
    assert code in found
    assert not {"KS0314", "KS0315"} & set(found)


def test_a_namespace_gone_everywhere_is_one_finding(view: Observed) -> None:
    seen = view
    for path in (CADVISOR, RESOURCE, PROBES, METRICS):
        seen = spoilt(seen, path, without(rb'namespace="kube-system"'))
    for path, name in ((PODS, "items"), (SUMMARY, "pods"), (RUNNING, "items")):
        for pod in ("dns", "node-local-hostnet", "static-web-stage-node"):
            seen = spoilt(seen, path, unlisted(name, pod))
    assert told(judge(seen)) == ["KS0301"]


def test_what_the_kubelet_shows_once_of_twice_is_churn(view: Observed) -> None:
    """A pod that started, or ended, while the proxy was asked."""
    path, change = HELD_BACK["a pod's resource metrics"]
    after = tuple(
        replace(one, reply=replace(one.reply, body=change(one.reply.body))) if one.probe.meant == path else one
        for one in view.after
    )
    assert told(judge(replace(spoilt(view, path, change), after=after))) == []


def test_what_came_in_any_proxied_look_is_not_held_back(view: Observed) -> None:
    """A real kubelet's summary lacks a pod that crashes now and then."""
    lacking = unlisted("pods", "dns")
    rounds = {one.round for one in view.evidence.exchanges if one.path == SUMMARY}
    for number in rounds:
        once = changed(
            view,
            lambda one, number=number: (  # type: ignore[misc]
                replace(one, body=lacking(one.body)) if (one.path, one.round) == (SUMMARY, number) else one
            ),
        )
        assert told(judge(once)) == []
    assert rounds == {1, 2}


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param(CADVISOR, without(rb"container_network_"), id="network families, whole: the node's, too"),
        pytest.param(
            CADVISOR, without(rb'container_network.*pod="node-local'), id="the interfaces of a hostNetwork pod"
        ),
        pytest.param(PODS, lambda body: json.dumps(json.loads(body), indent=1).encode(), id="other white space"),
        pytest.param(SUMMARY, each("pods", lambda pod: pod.update(none=None)), id="a null more"),
    ],
)
def test_what_is_no_loss_passes(view: Observed, path: str, change: Change) -> None:
    found = judge(spoilt(view, path, change))
    assert found.exit == 0
    assert found.findings[0].code == "KS0907"


def refused(one: Exchange) -> Exchange:
    return replace(one, status=403, body=b"Forbidden (user=a, verb=get, resource=nodes, subresource(s)=[pods proxy])")


def test_an_audit_that_could_not_find_anything_is_no_pass(view: Observed) -> None:
    """The kubelet shows the caller's pods alone: as on a node without neighbours."""
    proxied = {(one.path, one.round): one.body for one in view.evidence.exchanges if one.source is Source.PROXY}
    seen = changed(view, lambda one: replace(one, body=proxied[one.path, one.round]), Source.DIRECT)
    found = judge(replace(seen, running_pods=seen.running_pods[:1], after=()))
    assert (found.findings[0].code, found.exit) == ("KS0116", 2)


def test_a_kubelet_that_may_not_be_asked_is_told_with_the_missing_right_and_is_no_pass(view: Observed) -> None:
    found = judge(changed(view, refused, Source.DIRECT))
    assert (found.findings[0].code, found.exit) == ("KS0105", 2)
    assert "nodes/pods" in tell(found.findings[0]).fix


def test_a_leak_counts_whatever_else_could_not_be_looked_at(view: Observed, passed_on: Observed) -> None:
    seen = changed(view, refused, Source.DIRECT)
    assert judge(spoilt(seen, CADVISOR, lambda body: body + b'x{namespace="tenant-a"} 1\n')).exit == 1
    nothing = changed(passed_on, lambda one: replace(one, status=404, body=b"no"))
    found = judge(replace(nothing, running_pods=()))
    assert found.exit == 1
    assert "KS0416" in told(found)


def test_health_alone_is_no_answer(view: Observed) -> None:
    seen = changed(view, lambda one: one if one.path == "/healthz" else replace(one, status=404, body=b"no"))
    silent = tuple(Look(one.probe, Reply(404)) for one in seen.running_pods[:1])
    assert judge(replace(seen, running_pods=silent)).exit == 2


def test_a_body_that_cannot_be_read_exactly_is_no_pass(view: Observed) -> None:
    body = written(rb"^\{", b'{"kind":"PodList",')
    assert judge(spoilt(view, PODS, body)).exit == 2
