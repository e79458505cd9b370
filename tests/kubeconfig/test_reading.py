"""A kubeconfig of every kind: what is shown to the API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubesieve.kubeconfig.reading import default_path
from tests.kubeconfig.kubeconfigs import (
    PAIR,
    SECRET,
    b64,
    config,
    credential,
    plugin,
    read,
)


def test_a_token(tmp_path: Path) -> None:
    found = read(tmp_path, config())
    assert (str(found.url), found.authorization) == ("https://127.0.0.1:6443/", f"Bearer {SECRET}")
    assert found.tls
    assert found.tls.check_hostname
    assert not found.tls.hostname_checks_common_name


def test_a_token_file_beside_the_kubeconfig_and_before_the_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    for user in (
        {"tokenFile": "token"},
        {"tokenFile": str(tmp_path / "token")},
        {"tokenFile": "token", "token": "old"},
    ):
        assert read(tmp_path, config(user)).authorization == f"Bearer {SECRET}"


def test_a_client_certificate_by_data_and_by_file(tmp_path: Path) -> None:
    (tmp_path / "cert").write_bytes(PAIR.cert)
    (tmp_path / "key").write_bytes(PAIR.key)
    data = {"client-certificate-data": b64(PAIR.cert), "client-key-data": b64(PAIR.key)}
    files = {"client-certificate": "cert", "client-key": "key"}
    for user in (data, files, {**files, **data}):
        assert read(tmp_path, config(user)).authorization is None


def test_no_credential_at_all(tmp_path: Path) -> None:
    assert read(tmp_path, config({})).authorization is None


def test_the_plugin_is_run_as_kubectl_runs_it(tmp_path: Path) -> None:
    """With the spec in its environment, its path beside the kubeconfig, and nothing to read."""
    script = 'read x && exit 9; test "$KEY" = value || exit 8; echo "$KUBERNETES_EXEC_INFO" > "$0.info"\n'
    plugin(tmp_path, script + credential(token=SECRET))
    spec = {"command": "./plugin", "args": ["a"], "apiVersion": "client.authentication.k8s.io/v1"}
    found = read(tmp_path, config({"exec": {**spec, "env": [{"name": "KEY", "value": "value"}]}}))
    assert found.authorization == f"Bearer {SECRET}"
    info = json.loads((tmp_path / "plugin.info").read_text())
    assert (info["kind"], info["spec"]["interactive"]) == ("ExecCredential", False)


def test_a_plugin_may_give_a_certificate(tmp_path: Path) -> None:
    script = credential(clientCertificateData=PAIR.cert.decode(), clientKeyData=PAIR.key.decode())
    assert read(tmp_path, config({"exec": {"command": str(plugin(tmp_path, script))}})).authorization is None


def test_another_context_and_the_name_in_the_certificate(tmp_path: Path) -> None:
    whole = config(cluster={"tls-server-name": "kubernetes"})
    whole["contexts"].append({"name": "there", "context": {"cluster": "c", "user": "other"}})
    whole["users"].append({"name": "other", "user": {"token": "x"}})
    found = read(tmp_path, whole, "there")
    assert (found.authorization, found.server_name) == ("Bearer x", "kubernetes")


def test_verification_is_off_only_where_it_says_so(tmp_path: Path) -> None:
    for said, verified in ((True, False), (False, True), (None, True)):
        tls = read(tmp_path, config(cluster={"insecure-skip-tls-verify": said})).tls
        assert tls
        assert (tls.check_hostname, tls.verify_mode.name == "CERT_REQUIRED") == (verified, verified)


def test_no_token_goes_out_on_plain_http(tmp_path: Path) -> None:
    found = read(tmp_path, config(cluster={"server": "http://127.0.0.1:8001"}))
    assert (found.authorization, found.tls) == (None, None)


def test_where_it_is_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for said, path in ((None, tmp_path / ".kube/config"), ("", tmp_path / ".kube/config"), ("/a:/b", Path("/a"))):
        monkeypatch.delenv("KUBECONFIG", raising=False)
        if said is not None:
            monkeypatch.setenv("KUBECONFIG", said)
        assert default_path() == path
