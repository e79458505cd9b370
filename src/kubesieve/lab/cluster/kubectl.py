"""kubectl: what the lab asks of a cluster, and tells it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubesieve.lab.cluster.command import failed, run

Object = Mapping[str, Any]

_TO_SPARE = 10.0


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Runs kubectl against one cluster, with its own options ``context`` and ``kubeconfig``; seconds of one call."""

    context: str | None = None
    kubeconfig: str | None = None
    binary: str = "kubectl"
    seconds: float = 180.0

    async def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """stdout as bytes. Raises OwnFault where kubectl does."""
        context = ("--context", self.context) if self.context else ()
        kubeconfig = ("--kubeconfig", self.kubeconfig) if self.kubeconfig else ()
        command = (self.binary, *kubeconfig, *context, *words)
        return await run(command, ("kubectl", *words), stdin=stdin, seconds=self.seconds)

    async def get(self, *words: str) -> Any:
        """The JSON of ``kubectl get WORDS -o json``."""
        return _parsed(words, await self.run("get", *words, "-o", "json"))

    async def found(self, *words: str) -> Any | None:
        """As ``get``, and None where there is no such thing."""
        out = await self.run("get", *words, "-o", "json", "--ignore-not-found")
        return _parsed(words, out) if out.strip() else None

    async def eventually(self, *words: str, seconds: float) -> Any:
        """What ``get`` finds, as soon as there is something. Raises OwnFault where nothing came in so many seconds."""
        until = time.monotonic() + seconds
        while (found := await self.found(*words)) is None:
            if time.monotonic() > until:
                raise failed(("kubectl", "get", *words), f"nothing in {seconds:.0f} s")
            await asyncio.sleep(0.5)
        return found

    async def apply(self, objects: Sequence[Object]) -> None:
        """All objects at once, by ``kubectl apply``, as one List on stdin."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        await self.run("apply", "-f", "-", stdin=json.dumps(listed).encode())

    async def rollout(self, kind: str, name: str, namespace: str) -> None:
        """Until every pod of it is the new one, and ready."""
        await self.run("rollout", "status", f"{kind}/{name}", "-n", namespace, self._timeout)

    async def ready(self, namespace: str, *pods: str) -> None:
        """Until the pods are ready."""
        names = [f"pod/{pod}" for pod in pods]
        await self.run("wait", "--for=condition=Ready", "-n", namespace, *names, self._timeout)

    async def exec(self, namespace: str, pod: str, *command: str, stdin: bytes = b"") -> bytes:
        """stdout of a command in a pod's only container."""
        return await self.run("exec", "-i", "-n", namespace, pod, "--", *command, stdin=stdin)

    @property
    def _timeout(self) -> str:
        """kubectl says better than we what it waited for."""
        return f"--timeout={self.seconds - _TO_SPARE:.0f}s"


def _parsed(words: Sequence[str], out: bytes) -> Any:
    try:
        return json.loads(out)
    except ValueError:
        raise failed(("kubectl", "get", *words), f"{len(out)} bytes that are no JSON") from None
