"""Every pod is one of the restricted profile of the Pod Security Standards, and stricter."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.deploy.rendering import Object, overlay, pod, the
from tests.deploy.scenes import EVERY, OVERLAYS, rendered

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}


def _containers(spec: Object) -> Iterator[Object]:
    for name in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(name, [])


def _of(context: Object, spec: Object, key: str) -> Any:
    """A container's, else the pod's."""
    return context.get(key, spec.get("securityContext", {}).get(key))


def violations(template: Object) -> list[str]:
    """What the restricted profile, which has the baseline in it, refuses of a pod."""
    spec, found = template["spec"], []
    found += [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    found += [f"volume {name}" for volume in spec.get("volumes", []) for name in set(volume) - VOLUMES - {"name"}]
    found += [key for key in template.get("metadata", {}).get("annotations", {}) if "apparmor" in key]
    context = spec.get("securityContext", {})
    found += [f"sysctl {one['name']}" for one in context.get("sysctls", []) if one["name"] not in SYSCTLS]
    found += ["pod runs as root"] if context.get("runAsUser") == 0 else []
    found += ["pod's own options"] if set(context) & {"seLinuxOptions", "windowsOptions", "appArmorProfile"} else []
    return found + [why for one in _containers(spec) for why in _of_container(one, spec)]


def _of_container(one: Object, spec: Object) -> Iterator[str]:
    context = one.get("securityContext", {})
    capabilities = context.get("capabilities", {})
    refused = {
        "privileged": context.get("privileged", False),
        "escalation": context.get("allowPrivilegeEscalation") is not False,
        "not said to be no root": _of(context, spec, "runAsNonRoot") is not True,
        "root": context.get("runAsUser") == 0,
        "seccomp": _of(context, spec, "seccompProfile") not in ({"type": "RuntimeDefault"},),
        "capabilities kept": "ALL" not in capabilities.get("drop", []),
        "capabilities added": set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"},
        "procMount": context.get("procMount", "Default") != "Default",
        "own options": set(context) & {"seLinuxOptions", "windowsOptions", "appArmorProfile"},
        "host port": any(port.get("hostPort") for port in one.get("ports", [])),
        "host of a probe": any("host" in probe.get("httpGet", {}) for probe in _hooks(one)),
    }
    yield from (why for why, is_so in refused.items() if is_so)


def _hooks(one: Object) -> Iterator[Object]:
    yield from (one[name] for name in ("livenessProbe", "readinessProbe", "startupProbe") if name in one)
    yield from one.get("lifecycle", {}).values()


@pytest.mark.parametrize(("what", "name"), EVERY)
def test_it_is_restricted(what: str, name: str) -> None:
    template = pod(rendered(what, name))
    assert violations(template) == []
    [one] = template["spec"]["containers"]
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {template["spec"]["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {65532}
    assert all(mount["readOnly"] for mount in one.get("volumeMounts", []))


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlays_namespace_takes_no_other_pods(name: str) -> None:
    labels = the(rendered("overlay", name), "Namespace")["metadata"]["labels"]
    modes = ("enforce", "audit", "warn")
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in modes} == {"restricted"}


def _set(path: str, value: Any) -> Callable[[Object], None]:
    def change(template: Object) -> None:
        *above, last = path.split(".")
        at: Any = template["spec"]
        for key in above:
            at = at[int(key)] if key.isdigit() else at.setdefault(key, {})
        at[last] = value

    return change


OWN = "containers.0.securityContext"


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("hostNetwork", True, "hostNetwork"),
        ("hostPID", True, "hostPID"),
        ("volumes", [{"name": "x", "hostPath": {"path": "/"}}], "volume hostPath"),
        ("securityContext.runAsUser", 0, "pod runs as root"),
        ("securityContext.runAsNonRoot", False, "not said to be no root"),
        ("securityContext.seccompProfile", {"type": "Unconfined"}, "seccomp"),
        ("securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "sysctl kernel.msgmax"),
        ("containers.0.ports", [{"containerPort": 1, "hostPort": 1}], "host port"),
        (f"{OWN}.privileged", True, "privileged"),
        (f"{OWN}.allowPrivilegeEscalation", True, "escalation"),
        (f"{OWN}.runAsNonRoot", False, "not said to be no root"),
        (f"{OWN}.runAsUser", 0, "root"),
        (f"{OWN}.capabilities", {}, "capabilities kept"),
        (f"{OWN}.capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "capabilities added"),
        (f"{OWN}.procMount", "Unmasked", "procMount"),
        ("initContainers", [{"name": "x"}], "escalation"),
    ],
)
def test_what_the_profile_refuses_is_found(path: str, value: Any, why: str) -> None:
    template = copy.deepcopy(pod(overlay("daemonset")))
    _set(path, value)(template)
    assert why in violations(template)
