"""The API server of a kubeconfig, for what runs on: the file is read again, its plugin run again."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from yarl import URL

from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.reading import api_server, current_context
from kubesieve.reload import Report

AGAIN_SECONDS = 60.0
"""Tokens of plugins and of token files live longer than this."""


class Lasting:
    """TLS and credential of the context that is current at the start, as they were last read.

    Another context that becomes current, or another server of this one, changes nothing: whom to ask is decided once.
    Raises OwnFault where it cannot be used, or without TLS that verifies: callers' tokens go there, and what it says
    decides what they see.
    """

    def __init__(self, path: Path, report: Report) -> None:
        self.path, self.name = path, current_context(path)
        self._report, self._failing = report, False
        self._entrance = self._read()

    @property
    def url(self) -> URL:
        return self._entrance.url

    @property
    def server_name(self) -> str | None:
        """The name in the server's certificate, where it is not the URL's."""
        return self._entrance.server_name

    def context(self) -> ssl.SSLContext:
        """Of the moment."""
        assert self._entrance.tls is not None  # noqa: S101 - see _verified
        return self._entrance.tls

    def authorization(self) -> str | None:
        """Of the moment; None with a client certificate."""
        return self._entrance.authorization

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            await self.again()

    async def again(self) -> None:
        """Reads it again. What cannot be used, or is of another server, is said once, and the old one stays."""
        try:
            found = await asyncio.to_thread(self._read)
            if (found.url, found.server_name) != (self.url, self.server_name):
                raise OwnFault("kubeconfig", "expected the server of the start; got another: start again to use it")
        except OwnFault as fault:
            if not self._failing:
                self._report(f"the kubeconfig's old credential is kept: {fault.sentence}")
            self._failing = True
            return
        self._entrance, self._failing = found, False

    def _read(self) -> Entrance:
        return _verified(api_server(self.path, self.name))


def _verified(entrance: Entrance) -> Entrance:
    if entrance.tls is None or entrance.tls.verify_mode is ssl.CERT_NONE:
        got = "http" if entrance.tls is None else "insecure-skip-tls-verify"
        raise OwnFault(
            "kubeconfig",
            f"expected a cluster with https and a certificate-authority, since callers' tokens go there; got {got}",
        )
    return entrance
