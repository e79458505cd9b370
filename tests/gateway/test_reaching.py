"""Which API server is asked where the file names none: that of the cluster we run in, else the kubeconfig's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from yarl import URL

from kubesieve.cli.can_see import can_see
from kubesieve.cli.check_config import check_config
from kubesieve.faults import OwnFault
from kubesieve.gateway import reaching
from kubesieve.gateway.configuration.model import ApiServerAccess
from kubesieve.gateway.reaching import reached, would_reach
from tests.gateway.cluster import Cluster, account, tenant
from tests.kubeconfig.kubeconfigs import CA, EXEC, SECRET, b64, config, credential, plugin

INSIDE = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
AGENT = "system:serviceaccount:tenant-a:agent"
GRANTS = {"tenants": [tenant("a", account("tenant-a"), namespaceSelector={"matchLabels": {"tenant": "a"}})]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a service account's files as a pod has them, and a kubeconfig."""
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "config").write_text(yaml.safe_dump(config()))
    monkeypatch.setattr(reaching, "IN_CLUSTER_TOKEN", tmp_path / "token")
    return tmp_path


def test_the_file_is_before_the_cluster_and_the_cluster_before_the_kubeconfig(folder: Path) -> None:
    named = ApiServerAccess(URL("https://10.0.0.1"), folder / "token", folder / "ca")
    (folder / "ca").write_bytes(CA.pem)
    outside = {"KUBECONFIG": str(folder / "config")}
    assert str(reached(named, INSIDE | outside, _nothing).url) == "https://10.0.0.1"
    found = reached(None, outside, _nothing)
    assert (str(found.url), found.words) == (
        "https://127.0.0.1:6443/",
        f"that of the context 'here' in {folder / 'config'}",
    )
    inside = reaching.in_cluster(INSIDE | outside)
    assert inside
    assert str(inside.url) == "https://10.96.0.1"


def test_nothing_anywhere_says_what_there_could_be(folder: Path) -> None:
    with pytest.raises(OwnFault, match=r"or a kubeconfig in .*none; got none of them") as caught:
        reached(None, {"KUBECONFIG": str(folder / "none")}, _nothing)
    assert caught.value.reason == "settings-api-server"


WOULD: dict[str, tuple[Callable[[Path], dict[str, str]], str]] = {
    "in a pod": (lambda _: INSIDE, "that of the cluster it runs in"),
    "$KUBECONFIG": (lambda path: {"KUBECONFIG": str(path / "config")}, "that of the context 'here' in {}/config"),
    "its first file": (
        lambda path: {"KUBECONFIG": f"{path / 'config'}:{path / 'other'}"},
        "that of the context 'here' in {}/config",
    ),
    "the home's": (lambda path: {"HOME": str(path)}, "none: there is no kubeconfig in {}/.kube/config"),
    "no YAML": (lambda path: {"KUBECONFIG": str(path / "bad")}, "none: expected YAML in {}/bad; got something else"),
    "no current context": (
        lambda path: {"KUBECONFIG": str(path / "unset")},
        "none: expected a current-context; got none: kubectl config use-context NAME sets it",
    ),
    "a current context that is not there": (
        lambda path: {"KUBECONFIG": str(path / "gone")},
        "none: expected contexts to hold one named 'gone'; got none",
    ),
}


@pytest.mark.parametrize(("environment", "words"), WOULD.values(), ids=WOULD.keys())
def test_which_one_it_would_be_is_told_without_asking_or_running_anything(
    environment: Callable[[Path], dict[str, str]], words: str, folder: Path
) -> None:
    (folder / "bad").write_text("a: [")
    (folder / "unset").write_text(yaml.safe_dump(config(**{"current-context": None})))
    (folder / "gone").write_text(yaml.safe_dump(config(**{"current-context": "gone"})))
    (folder / "config").write_text(yaml.safe_dump(config({"exec": EXEC | {"command": "/bin/false"}})))
    said = would_reach(environment(folder))
    assert said.removeprefix("that of the cluster it runs in; outside of one, as here, ") == words.format(folder)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")).running() as one:
        one.api.namespaces.put("tenant-a", {"tenant": "a"})
        yield one


def users(folder: Path, cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Kinds of users that are our own account."""
    token = cluster.token("kubelet-proxy")
    (folder / "own").write_text(f"{token}\n")
    run = plugin(folder, credential(token=token))
    account = cluster.directory.by_token(token)
    pair = cluster.api.authority.issue_client(account.user if account else "")
    return {
        "a token": {"token": token},
        "a token's file": {"tokenFile": "own"},
        "a plugin": {"exec": EXEC | {"command": str(run)}},
        "a certificate": {"client-certificate-data": b64(pair.cert), "client-key-data": b64(pair.key)},
    }


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes one for the cluster's API server, and says what is said of it."""

    def write(kind: str, **server: str) -> str:
        there = {"server": cluster.api.url, "certificate-authority-data": b64(cluster.api.ca_pem), **server}
        (tmp_path / "config").write_text(yaml.safe_dump(config(users(tmp_path, cluster)[kind], there)))
        return f"that of the context 'here' in {tmp_path / 'config'}"

    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return write


@pytest.mark.parametrize("kind", ["a token", "a token's file", "a plugin", "a certificate"])
def test_serve_and_can_see_ask_the_kubeconfigs_api_server_and_say_so(
    kind: str, cluster: Cluster, kubeconfig: Callable[..., str]
) -> None:
    which = kubeconfig(kind)
    with cluster.serving(apiServer=None, grants=GRANTS) as gateway:
        answered = gateway.ask("/pods", cluster.token("tenant-a"))
        assert (answered.status, b'"tenant-a"' in answered.body) == (200, True)
        assert f"API server: {which}" in gateway.sentences
        done = CliRunner().invoke(can_see, ["--config", str(gateway.path), "--as", AGENT])
        assert done.exit_code == 0
        assert f"kubesieve: API server: {which}" in done.stderr
        checked = CliRunner().invoke(check_config, [str(gateway.path), "-o", "json"])
        assert which in checked.stdout
        for output in (gateway.sentences, done.output, checked.output):
            assert cluster.token("kubelet-proxy") not in output


@pytest.mark.parametrize(("name", "status"), [("localhost", 200), ("another.example", 503)])
def test_the_servers_certificate_has_the_name_that_the_kubeconfig_says(
    name: str, status: int, cluster: Cluster, kubeconfig: Callable[..., str]
) -> None:
    kubeconfig("a token", **{"tls-server-name": name})
    with cluster.serving(apiServer=None, grants=GRANTS) as gateway:
        assert gateway.ask("/pods", cluster.token("tenant-a")).status == status


def _nothing(_: str) -> None:
    """For the operator."""
