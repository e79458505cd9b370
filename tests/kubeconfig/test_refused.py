"""What of a kubeconfig cannot be used: one sentence that says what to do, and no secret in any."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from kubesieve.faults import OwnFault
from kubesieve.kubeconfig.reading import api_server
from tests.kubeconfig.kubeconfigs import (
    CA,
    CERT,
    EXEC,
    PAIR,
    SECRET,
    Part,
    b64,
    config,
    credential,
    plugin,
    read,
    refused,
)


def encrypted_key() -> bytes:
    key = load_pem_private_key(PAIR.key, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


NO_CONTEXT: Part = {**config(), "current-context": None}
GONE: Part = {**config(), "current-context": "gone"}
REFUSED: dict[str, tuple[Part | str | bytes, str]] = {
    "auth-provider": (config({"auth-provider": {"name": "gcp", "config": {"x": SECRET}}}), "auth-provider"),
    "a password": (config({"username": "admin", "password": SECRET}), "password"),
    "another one's name": (config({"token": "x", "as": "admin"}), "impersonation"),
    "proxy-url": (config(cluster={"proxy-url": f"http://u:{SECRET}@proxy:3128"}), "proxy-url"),
    "a certificate without its key": (config(CERT), "client-key"),
    "a key without its certificate": (config({"client-key-data": b64(PAIR.key)}), "client-certificate"),
    "an encrypted key": (config({**CERT, "client-key-data": b64(encrypted_key())}), "not encrypted"),
    "another one's key": (config({**CERT, "client-key-data": b64(CA.issue().key)}), "client certificate and key"),
    "no base64": (config({**CERT, "client-key-data": SECRET}), "client-key"),
    "no PEM": (config({**CERT, "client-key-data": b64(SECRET.encode())}), "in PEM"),
    "a file that is not there": (config({"client-certificate": SECRET[:3], "client-key": "no"}), "client-certificate"),
    "a token file that is not there": (config({"tokenFile": "no"}), "token"),
    "a token of two lines": (config({"token": f"{SECRET}\r\nX: y"}), "token"),
    "a token that is a list": (config({"token": [SECRET]}), "token"),
    "a token that is no ASCII": (config({"token": f"{SECRET}\u00e9"}), "token"),
    "a plugin that is not there": (config({"exec": {**EXEC, "command": "/no/such/plugin"}}), "'plugin'"),
    "a plugin without a command": (config({"exec": EXEC}), "plugin"),
    "a plugin's arguments that are none": (config({"exec": {**EXEC, "command": "true", "args": 5}}), "plugin"),
    "a plugin's environment that is none": (config({"exec": {**EXEC, "command": "true", "env": 5}}), "plugin"),
    "verification off by a word": (config(cluster={"insecure-skip-tls-verify": "false"}), "true or false"),
    "a name that is a list": (config(cluster={"tls-server-name": [1]}), "tls-server-name"),
    "a CA that is none": (config(cluster={"certificate-authority-data": b64(b"x")}), "CA certificates"),
    "a CA that is not there": (
        config(cluster={"certificate-authority-data": None, "certificate-authority": "no"}),
        "certificate-authority",
    ),
    "a server with credentials": (config(cluster={"server": f"https://u:{SECRET}@host"}), "credentials"),
    "no server": (config(cluster={"server": None}), "server"),
    "no current context": (NO_CONTEXT, "contexts"),
    "a context that is not there": (GONE, "'gone'"),
    "contexts that are no list": (config(contexts=5), "contexts"),
    "contexts that are words": (config(contexts="here"), "contexts"),
    "a user that is not there": (config(users=[]), "users"),
    "a cluster that is none": (config(clusters=[{"name": "c", "cluster": 5}]), "clusters"),
    "no YAML": ("a: [b\n: }", "YAML"),
    "a list": ("[]", "kubeconfig"),
    "nothing": ("", "kubeconfig"),
    "binary": (bytes(range(256)), "YAML"),
    "a Python object": ("!!python/object/apply:os.system ['true']", "YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", "YAML"),
    "deep": ("[" * 5000, "YAML"),
    "a key that is a list": ("? [a]\n: b\n", "YAML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, words = REFUSED[name]
    assert words in refused(tmp_path, content)


@pytest.mark.parametrize(
    "script",
    [
        f"echo {SECRET} >&2; exit 1",
        f"echo {SECRET}",
        "echo '{}'",
        "echo '[]'",
        """echo '{"status": {"token": 5}}'""",
        "echo '{\"status\": {}}'",
        credential(token=f"{SECRET}\n{SECRET}"),
        credential(clientCertificateData=SECRET, clientKeyData=SECRET),
    ],
)
def test_a_plugin_that_gives_none_is_told_by_its_name_alone(script: str, tmp_path: Path) -> None:
    spec = {**EXEC, "command": str(plugin(tmp_path, script)), "args": [f"--token={SECRET}"]}
    refused(tmp_path, config({"exec": spec}))


def test_a_plugin_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubesieve.kubeconfig.credentials.PLUGIN_SECONDS", 0.2)
    spec = {**EXEC, "command": str(plugin(tmp_path, "exec sleep 20"))}
    assert "'plugin'" in refused(tmp_path, config({"exec": spec}))


def laughs(merge: str) -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {merge.format(f'[*a{n - 1}, *a{n - 1}, *a{n - 1}]')}" for n in range(1, 30)]
    return "\n".join(lines)


BOMBS: dict[str, Callable[[], str]] = {
    "aliases of aliases": lambda: laughs("{}"),
    "merges of merges": lambda: laughs("{{<<: {}}}"),
    "large": lambda: "a: " + "x" * (64 << 20),
    "a list of itself": lambda: "&a [*a]",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb(name: str, tmp_path: Path) -> None:
    started = time.process_time()
    refused(tmp_path, BOMBS[name]())
    assert time.process_time() - started < 3


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no", tmp_path):
        with pytest.raises(OwnFault, match="expected a kubeconfig in") as caught:
            api_server(path, None)
        assert caught.value.reason == "file-unreadable"


def test_no_key_is_left_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    read(tmp_path, config({**CERT, "client-key-data": b64(PAIR.key)}))
    assert os.listdir(tmp_path / "tmp") == []
