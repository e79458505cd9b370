"""How a source is reached, from options: URL, trust, token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kubesieve.doctor.collect.doors import default_token_file, trust_for
from kubesieve.entrance import Entrance, parse_base
from kubesieve.kubelet.trust import TokenFile


@dataclass(frozen=True, slots=True)
class Trusting:
    """What all sources of a look share. The token stays here on plain http, as with agents, unless told otherwise."""

    ca: tuple[Path, ...] = ()
    insecure: bool = False
    token_on_http: bool = False

    def entrance(self, option: str, text: str, authorization: str | None, server_name: str | None) -> Entrance:
        """For the URL given with ``option``. Raises OwnFault."""
        url = parse_base(text, option)
        secure = url.scheme == "https"
        tls = trust_for(self.ca, insecure=self.insecure) if secure else None
        shown = authorization if secure or self.token_on_http else None
        return Entrance(url, tls, shown, server_name)


def authorization_of(token_file: Path | None) -> str | None:
    """Of a file, else of the pod we run in, else none. Raises OwnFault."""
    file = token_file or default_token_file()
    return TokenFile(file).authorization() if file else None
