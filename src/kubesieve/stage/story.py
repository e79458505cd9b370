"""The story's pods: one with limits, one without, an agent, a proxy, system pods and two tenants with odd cases."""

from __future__ import annotations

from dataclasses import replace

from kubesieve.stage import seeds
from kubesieve.stage.model import MIB, NO_RESOURCES, Container, Pod, Probe, Resources, Runtime

NODE_NAME = "stage-node"

# Text that fools whoever looks for substrings: in labels, annotations and the environment of tenant-b/awkward.
AWKWARD = (
    'quote " backslash \\ newline\nnext tab\t é 日本語 \u2028 😀 </script> & namespace="sandbox" '
    '{namespace="datadog",pod="x"} 1 } ] \\"end\\\\'
)

_LIMITED = Resources(100, 128 * MIB, 200, 256 * MIB)
_AGENT = Resources(200, 256 * MIB, 200, 256 * MIB)
_PROXY = Resources(cpu_request=50, memory_request=32 * MIB, memory_limit=64 * MIB)
_DNS = Resources(cpu_request=100, memory_request=70 * MIB, memory_limit=170 * MIB)
_SMALL = Resources(cpu_request=10, memory_request=16 * MIB)
_METRICS = Resources(cpu_request=10, memory_request=16 * MIB, memory_limit=64 * MIB)

_HTTP = (Probe("Liveness"), Probe("Readiness"))


def story_pods(seed: int, runtime: Runtime) -> tuple[Pod, ...]:
    """All pods of the story, in the order in which they started."""
    bare = (*_system_pods(), *_sandbox_pods(), *_tenant_a(), *_tenant_b())
    return tuple(settled(pod, seed, runtime, index) for index, pod in enumerate(bare))


def box(name: str, image: str = "registry.example/app:1", resources: Resources = NO_RESOURCES) -> Container:
    return Container(name, image, "", resources)


def bare_pod(namespace: str, name: str, *containers: Container) -> Pod:
    return Pod(namespace, name, "", "", "", containers, labels=(("app", name),))


def _sandbox_pods() -> tuple[Pod, ...]:
    nginx = replace(box("nginx", "registry.example/nginx:1.25"), cores=0.016, memory=20 * MIB)
    limited = replace(nginx, resources=_LIMITED, probes=_HTTP)
    return (
        replace(bare_pod("sandbox", "pod-with-limits", limited), started=330.0),
        replace(bare_pod("sandbox", "pod-without-limits", replace(nginx, cores=0.04)), started=330.0),
    )


def _system_pods() -> tuple[Pod, ...]:
    agent = replace(box("agent", "registry.example/agent:7", _AGENT), cores=0.02, memory=30 * MIB)
    hostnet = bare_pod("kube-system", "node-local-hostnet", box("proxy", "registry.example/kube-proxy:1"))
    static = bare_pod("kube-system", f"static-web-{NODE_NAME}", box("web", resources=_SMALL))
    return (
        replace(static, static=True, started=1.0),
        replace(hostnet, host_network=True),
        bare_pod("kube-system", "dns", replace(box("dns", "registry.example/dns:1", _DNS), cores=0.01)),
        replace(bare_pod("datadog", "agent", replace(agent, probes=(Probe("Liveness", 5555),))), claim="agent-data"),
        bare_pod("kubelet-proxy", "kubelet-proxy", replace(box("proxy", resources=_PROXY), memory=16 * MIB)),
    )


def _tenant_a() -> tuple[Pod, ...]:
    setup = replace(box("setup"), state="completed")
    probes = (Probe("Readiness", 5432), Probe("Startup", 5432))
    return (
        bare_pod("tenant-a", "two-containers", replace(box("app"), cores=0.01), box("metrics", resources=_METRICS)),
        replace(bare_pod("tenant-a", "with-init", box("app")), init=(setup,)),
        replace(
            bare_pod("tenant-a", "with-pvc", replace(box("db"), probes=probes)), claim="customer-db", started=330.0
        ),
    )


def _tenant_b() -> tuple[Pod, ...]:
    crashing = replace(box("app"), state="waiting", restarts=5)
    unhealthy = replace(box("app"), restarts=1, probes=(Probe("Liveness", 81, failing=True),))
    web = f"web-{seeds.hex_id('template', 'web')[:10]}-{seeds.hex_id('replica', 'web')[:5]}"
    return (
        bare_pod("tenant-b", "crash-loop", crashing),
        bare_pod("tenant-b", "completed", replace(box("job"), state="completed")),
        replace(bare_pod("tenant-b", "failing-probe", unhealthy), started=330.0),
        _awkward(),
        replace(bare_pod("tenant-b", web, box("web")), labels=(("app", "web"),)),
    )


def _awkward() -> Pod:
    container = replace(box("app"), env=(("AWKWARD", AWKWARD), ("NAMESPACE", "sandbox")))
    labels = (("app", "awkward"), ("io.kubernetes.pod.namespace", "datadog"), ("namespace", "datadog"))
    notes = (
        ("example.com/note", AWKWARD),
        ("example.com/spec", '{"metadata":{"namespace":"datadog"},"items":[{"podRef":{"namespace":"sandbox"}}]}'),
        ("prometheus.io/scrape", "true"),
    )
    return replace(bare_pod("tenant-b", "awkward", container), labels=labels, annotations=notes)


def settled(pod: Pod, seed: int, runtime: Runtime, index: int) -> Pod:
    """The pod with its ids and address. A static pod's uid is 32 hex digits: a hash of its manifest, not a UUID."""
    tag = (seed, pod.namespace, pod.name)
    uid = seeds.hex_id("uid", *tag)[:32] if pod.static else seeds.uuid("uid", *tag)
    return replace(
        pod,
        uid=uid,
        sandbox_id=seeds.hex_id("sandbox", *tag),
        ip=f"10.244.0.{10 + index}",
        containers=tuple(_with_id(c, tag, runtime) for c in pod.containers),
        init=tuple(_with_id(c, tag, runtime) for c in pod.init),
    )


def _with_id(container: Container, tag: tuple[object, ...], runtime: Runtime) -> Container:
    """docker's cAdvisor names images by digest where the tag is not known; containerd's by tag."""
    image = container.image if runtime == "containerd" else f"sha256:{seeds.hex_id('image', container.image)}"
    return replace(container, id=seeds.hex_id("container", *tag, container.name), image=image)
