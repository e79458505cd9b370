"""The `spec` of a pod in /pods, with the apiserver's defaults filled in."""

from __future__ import annotations

from kubesieve.stage.model import MIB, Container, Node, Pod, Probe, Resources

Json = dict[str, object]


def pod_spec(node: Node, pod: Pod) -> Json:
    """A pod's spec, keys in the order Kubernetes writes them."""
    spec: Json = {} if pod.static else {"volumes": _volumes(pod)}
    if pod.init:
        spec["initContainers"] = [_container(pod, c) for c in pod.init]
    spec["containers"] = [_container(pod, c) for c in pod.containers]
    spec["restartPolicy"] = "Never" if pod.completed else "Always"
    spec["terminationGracePeriodSeconds"] = 30
    spec["dnsPolicy"] = "ClusterFirst"
    if not pod.static:
        spec |= {"serviceAccountName": "default", "serviceAccount": "default"}
    spec["nodeName"] = node.name
    if pod.host_network:
        spec["hostNetwork"] = True
    spec |= {"securityContext": {}, "schedulerName": "default-scheduler", "tolerations": _tolerations(pod)}
    if pod.static:
        return spec | {"enableServiceLinks": True}
    return spec | {"priority": 0, "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}


def _tolerations(pod: Pod) -> list[Json]:
    if pod.static:
        return [{"operator": "Exists", "effect": "NoExecute"}]
    keys = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    rest: Json = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    return [{"key": key, **rest} for key in keys]


def _volumes(pod: Pod) -> list[Json]:
    claim: list[Json] = [{"name": "data", "persistentVolumeClaim": {"claimName": pod.claim}}] if pod.claim else []
    return [*claim, {"name": pod.token_volume, "projected": {"sources": _token_sources(), "defaultMode": 420}}]


def _token_sources() -> list[Json]:
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]


def _container(pod: Pod, container: Container) -> Json:
    body: Json = {"name": container.name, "image": container.image}
    if container.env:
        body["env"] = [{"name": name, "value": value} for name, value in container.env]
    body["resources"] = _resources(container.resources)
    if not pod.static:
        body["volumeMounts"] = _mounts(pod)
    body |= {f"{probe.type.lower()}Probe": probe_fields(probe) for probe in container.probes}
    return body | {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _mounts(pod: Pod) -> list[Json]:
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    data: list[Json] = [{"name": "data", "mountPath": "/data"}] if pod.claim else []
    return [*data, {"name": pod.token_volume, "readOnly": True, "mountPath": path}]


def probe_fields(probe: Probe) -> Json:
    """A probe's settings: failing ones knock at a closed port."""
    http = {"path": f"/{probe.type.lower()}", "port": probe.port, "scheme": "HTTP"}
    action: Json = {"tcpSocket": {"port": probe.port}} if probe.failing else {"httpGet": http}
    return {**action, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def _resources(resources: Resources) -> Json:
    limits = _quantities(resources.cpu_limit, resources.memory_limit)
    requests = _quantities(resources.cpu_request, resources.memory_request)
    return {name: part for name, part in (("limits", limits), ("requests", requests)) if part}


def _quantities(milli: int, memory: int) -> Json:
    """Quantities as people write them: 200m, 256Mi."""
    cpu = {"cpu": f"{milli}m"} if milli else {}
    text = f"{memory // MIB}Mi" if memory % MIB == 0 else str(memory)
    return {**cpu, "memory": text} if memory else dict(cpu)
