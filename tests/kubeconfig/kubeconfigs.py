"""Kubeconfigs of all kinds, written and read; plugins that are shell scripts."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubesieve.entrance import Entrance
from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.reading import api_server
from kubesieve.stage.pki import Authority

SECRET = "s3cr3t-t0k3n"
CA = Authority()
PAIR = CA.issue()
Part = dict[str, Any]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def config(user: Part | None = None, cluster: Part | None = None, **more: Any) -> Part:
    server = {"server": "https://127.0.0.1:6443", "certificate-authority-data": b64(CA.pem)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {**server, **(cluster or {})}}],
        "users": [{"name": "u", "user": user if user is not None else {"token": SECRET}}],
        **more,
    }


def read(folder: Path, content: Part | str | bytes, context: str | None = None) -> Entrance:
    path = folder / "config"
    text = content if isinstance(content, str | bytes) else yaml.safe_dump(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return api_server(path, context)


def refused(folder: Path, content: Part | str | bytes, context: str | None = None) -> str:
    with pytest.raises(OwnFault) as caught:
        read(folder, content, context)
    assert caught.value.sentence.startswith("expected ")
    assert SECRET not in caught.value.sentence
    assert len(caught.value.sentence) < 400
    return caught.value.sentence


def plugin(folder: Path, script: str) -> Path:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(stat.S_IRWXU)
    return path


def credential(**status: str) -> str:
    return f"cat <<'X'\n{json.dumps({'kind': 'ExecCredential', 'status': status})}\nX"


CERT = {"client-certificate-data": b64(PAIR.cert)}
EXEC = {"apiVersion": "client.authentication.k8s.io/v1"}
