"""A kubeconfig that is used for long: credentials change, whom to ask does not."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.lasting import Lasting
from tests.kubeconfig.kubeconfigs import EXEC, SECRET, config, credential, plugin


def write(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


def lasting(folder: Path, content: dict[str, Any], said: list[str]) -> Lasting:
    return Lasting(write(folder, content), said.append)


def test_a_new_token_is_used_and_the_plugin_is_run_again(tmp_path: Path) -> None:
    run = plugin(tmp_path, credential(token="first"))
    found = lasting(tmp_path, config({"exec": EXEC | {"command": str(run)}}), [])
    assert found.authorization() == "Bearer first"
    plugin(tmp_path, credential(token="second"))
    asyncio.run(found.again())
    assert found.authorization() == "Bearer second"


OTHERS = {
    "another server": config(cluster={"server": "https://127.0.0.1:7443"}),
    "another name in its certificate": config(cluster={"tls-server-name": "other"}),
    "no such context any more": config(contexts=[]),
    "verified no longer": config(cluster={"insecure-skip-tls-verify": True}),
    "another current context": None,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_whom_to_ask_is_decided_once(other: dict[str, Any] | None, tmp_path: Path) -> None:
    """``kubectl config use-context`` in another window must not change who judges callers."""
    said: list[str] = []
    found = lasting(tmp_path, config(), said)
    if other is None:
        there = [
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
            {"name": "there", "context": {"cluster": "d", "user": "v"}},
        ]
        other = config(**{"contexts": there, "current-context": "there"})
    write(tmp_path, other)
    asyncio.run(found.again())
    asyncio.run(found.again())
    assert (str(found.url), found.authorization()) == ("https://127.0.0.1:6443/", f"Bearer {SECRET}")
    assert len(said) == (0 if other.get("current-context") == "there" else 1), "said once"
    assert SECRET not in "".join(said)


UNSAFE = {"http": {"server": "http://127.0.0.1:8001"}, "not verified": {"insecure-skip-tls-verify": True}}


@pytest.mark.parametrize("cluster", UNSAFE.values(), ids=UNSAFE.keys())
def test_callers_tokens_go_to_nobody_who_is_not_verified(cluster: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match="with https and a certificate-authority"):
        lasting(tmp_path, config(cluster=cluster), [])


def test_its_trust_verifies(tmp_path: Path) -> None:
    assert lasting(tmp_path, config(), []).context().verify_mode is ssl.CERT_REQUIRED
