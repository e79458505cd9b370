"""Nodes from a seed: the story's pods, any number of plain ones, or both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kubesieve.stage import seeds
from kubesieve.stage.model import MIB, Container, Node, Pod, Resources, Runtime
from kubesieve.stage.story import NODE_NAME, story_pods

# 2026-01-01T00:00:00Z: a boot that does not depend on a clock. `dataclasses.replace(node, born=...)` makes it younger.
BORN = 1767225600.0


def story_node(*, seed: int = 1, runtime: Runtime = "containerd") -> Node:
    """The set-up people report: a pod with limits, one without, an agent, a proxy and two tenants' odd cases."""
    return Node(NODE_NAME, seed, runtime, story_pods(seed, runtime), BORN)


def build_node(
    *, pods: int = 0, namespaces: int = 10, seed: int = 1, runtime: Runtime = "containerd", story: bool = True
) -> Node:
    """A node with ``pods`` plain pods over the namespaces team-00, team-01 …, and the story's unless told not."""
    plain = tuple(_plain_pods(pods, namespaces, seed, runtime))
    return Node(NODE_NAME, seed, runtime, (*(story_pods(seed, runtime) if story else ()), *plain), BORN)


def build_nodes(count: int, *, seed: int = 1, **more: Any) -> tuple[Node, ...]:
    """The nodes of a cluster, each as ``build_node`` makes it: equal names of pods on all, other ids and values. The
    second is called stage-node-2.
    """
    built = [build_node(seed=seed + index, **more) for index in range(count)]
    return (built[0], *(replace(one, name=f"{NODE_NAME}-{index}") for index, one in enumerate(built[1:], 2)))


def _plain_pods(count: int, namespaces: int, seed: int, runtime: Runtime) -> Iterator[Pod]:
    for index in range(count):
        namespace, name = f"team-{index % max(namespaces, 1):02d}", f"plain-{index:04d}"
        tag = (seed, namespace, name)
        yield Pod(
            namespace,
            name,
            uid=seeds.uuid("uid", *tag),
            sandbox_id=seeds.hex_id("sandbox", *tag),
            ip=f"10.244.{1 + index // 250}.{2 + index % 250}",
            containers=(_plain_container(index, tag, runtime),),
            labels=(("app", name),),
            started=120.0 + index,
        )


def _plain_container(index: int, tag: tuple[object, ...], runtime: Runtime) -> Container:
    """Every third has limits, every third has only requests, the rest have nothing."""
    resources = (
        Resources(50, 32 * MIB, 100, 64 * MIB),
        Resources(cpu_request=10, memory_request=16 * MIB),
        Resources(),
    )[index % 3]
    load = 0.002 + 0.03 * seeds.fraction("cores", *tag)
    image = "registry.example/team/plain:2" if runtime == "containerd" else f"sha256:{seeds.hex_id('image', 'plain')}"
    memory = int((8 + 24 * seeds.fraction("memory", *tag)) * MIB)
    return Container("app", image, seeds.hex_id("container", *tag), resources, load, memory)
