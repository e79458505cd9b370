"""Commands of others, run once each: kubectl and helm know contexts, plugins and credentials, so that we need not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kubesieve.faults import OwnFault

_CUT = 300
_SHOWN_WORDS = 4


async def run(command: Sequence[str], told: Sequence[str], *, stdin: bytes = b"", seconds: float = 180.0) -> bytes:
    """stdout as bytes. ``told`` is the command as an error names it: its first words.

    Raises OwnFault with what the command said last, where it cannot be run, fails, or takes longer than ``seconds``.
    """
    name = told[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        sentence = f"expected to run {command[0]}; got: {error.strerror}. Install {name}, or say where it is"
        raise OwnFault(f"{name}-missing", sentence) from None
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        raise failed(told, f"nothing in {seconds:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise failed(told, _last_line(err) or f"exit code {process.returncode}")
    return out


def failed(told: Sequence[str], said: str) -> OwnFault:
    """What such a command says names objects and addresses; Secrets go by stdin, and are not repeated."""
    words = " ".join(told[:_SHOWN_WORDS])
    return OwnFault(f"{told[0]}-failed", f"expected {words} to work; got: {' '.join(said.split())[:_CUT]}")


def _last_line(err: bytes) -> str:
    """Newer versions of kubectl log what they tried before they say what is wrong."""
    return next((line for line in reversed(err.decode("utf-8", "replace").splitlines()) if line.strip()), "")
