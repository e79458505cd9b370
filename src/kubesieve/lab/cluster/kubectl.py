"""kubectl, run as a command: it knows contexts, plugins and credentials, so that we need not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubesieve.faults import OwnFault

Object = Mapping[str, Any]

_CUT = 300


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Runs kubectl against one cluster, with its own options ``context`` and ``kubeconfig``; seconds of one call."""

    context: str | None = None
    kubeconfig: str | None = None
    binary: str = "kubectl"
    seconds: float = 180.0

    async def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """stdout as bytes. Raises OwnFault with what kubectl said, where it cannot be run, fails or takes too long."""
        command = (self.binary, *self._options(), *words)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            raise OwnFault(
                "kubectl-missing", f"expected to run {self.binary}; got: {error.strerror}. Install kubectl, or name it"
            ) from None
        try:
            async with asyncio.timeout(self.seconds):
                out, err = await process.communicate(stdin)
        except TimeoutError:
            raise _failed(words, f"nothing in {self.seconds:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise _failed(words, _last_line(err) or f"exit code {process.returncode}")
        return out

    async def get(self, *words: str) -> Any:
        """The JSON of ``kubectl get WORDS -o json``."""
        return json.loads(await self.run("get", *words, "-o", "json"))

    async def found(self, *words: str) -> Any | None:
        """As ``get``, and None where there is no such thing."""
        out = await self.run("get", *words, "-o", "json", "--ignore-not-found")
        return json.loads(out) if out.strip() else None

    async def apply(self, objects: Sequence[Object]) -> None:
        """All objects at once, by ``kubectl apply``."""
        await self.run("apply", "-f", "-", stdin=json.dumps(list_of(objects)).encode())

    async def rollout(self, kind: str, name: str, namespace: str) -> None:
        """Until every pod of it is the new one, and ready."""
        await self.run("rollout", "status", f"{kind}/{name}", "-n", namespace, f"--timeout={self.seconds - 10:.0f}s")

    async def ready(self, namespace: str, *pods: str) -> None:
        """Until the pods are ready."""
        names = [f"pod/{pod}" for pod in pods]
        await self.run("wait", "--for=condition=Ready", "-n", namespace, *names, f"--timeout={self.seconds - 10:.0f}s")

    async def exec(self, namespace: str, pod: str, *command: str, stdin: bytes = b"") -> bytes:
        """stdout of a command in a pod's only container."""
        return await self.run("exec", "-i", "-n", namespace, pod, "--", *command, stdin=stdin)

    def _options(self) -> tuple[str, ...]:
        context = ("--context", self.context) if self.context else ()
        kubeconfig = ("--kubeconfig", self.kubeconfig) if self.kubeconfig else ()
        return (*kubeconfig, *context)


async def eventually(kubectl: Kubectl, words: Sequence[str], seconds: float) -> Any:
    """What ``get`` finds, as soon as there is something. Raises OwnFault where nothing came in so many seconds."""
    until = time.monotonic() + seconds
    while (found := await kubectl.found(*words)) is None:
        if time.monotonic() > until:
            raise _failed(("get", *words), f"nothing in {seconds:.0f} s")
        await asyncio.sleep(0.5)
    return found


def list_of(objects: Sequence[Object]) -> dict[str, Any]:
    """One List, as kubectl takes several objects on stdin."""
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


def _last_line(err: bytes) -> str:
    """Newer versions of kubectl log what they tried before they say what is wrong."""
    return next((line for line in reversed(err.decode("utf-8", "replace").splitlines()) if line.strip()), "")


def _failed(words: Sequence[str], said: str) -> OwnFault:
    """kubectl's own words name objects and addresses, never a credential; a Secret goes by stdin."""
    return OwnFault(
        "kubectl-failed", f"expected kubectl {' '.join(words[:4])} to work; got: {' '.join(said.split())[:_CUT]}"
    )
