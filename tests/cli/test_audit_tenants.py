"""``kubesieve audit`` of several tenants of one proxy: each against its own namespaces, one table, one code."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubesieve.cli.audit import audit
from kubesieve.stage.identity import IDENTITIES, Directory, service_account
from tests.doctor.audit.conftest import PassThrough
from tests.gateway.cluster import Cluster, account, tenant

NAMES = ("tenant-a", "tenant-b", "sandbox")
"""None of whose accounts may ask the kubelet itself."""
GRANTS = {"tenants": [tenant(name, account(name), namespaces=[name]) for name in NAMES]}
QUICK = ("--insecure", "--interval", "0.1", "--timeout", "5")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = Directory.fresh((*IDENTITIES, service_account("sandbox", "agent")))
    with Cluster(tmp_path_factory.mktemp("cluster"), directory).running() as one:
        for name in (*NAMES, "admin"):
            (one.folder / name).write_text(one.token(name))
        yield one


def audited(cluster: Cluster, url: object, *arguments: str, names: tuple[str, ...] = NAMES, form: str = "json") -> Any:
    """The exit code, and the report."""
    tenants = [part for name in names for part in ("--tenant", f"{name}={cluster.folder / name}:{name}")]
    sides = ("--proxy", str(url), "--direct", cluster.kubelet.url, "--direct-token-file", str(cluster.folder / "admin"))
    done = CliRunner().invoke(audit, [*sides, *QUICK, *tenants, *arguments, "-o", form])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert not any(cluster.token(name) in done.output for name in (*NAMES, "admin"))
    return done.exit_code, json.loads(done.stdout) if form == "json" else done.stdout


def test_three_tenants_of_one_serve_see_what_is_theirs_and_no_more(cluster: Cluster) -> None:
    with cluster.serving(grants=GRANTS) as gateway:
        code, report = audited(cluster, gateway.url)
        told = [(one["code"], one["title"].partition(":")[0]) for one in report["findings"]]
        assert (code, sorted(told)) == (0, sorted(("KS0907", f"tenant {name}") for name in NAMES))
        code, page = audited(cluster, gateway.url, names=NAMES[:2], form="table")
        assert [line.split() for line in page.splitlines() if line.startswith("tenant-")] == [
            [name, name, "as", "expected"] for name in NAMES[:2]
        ]


def test_a_tenant_that_is_given_anothers_namespace_is_told_alone(cluster: Cluster) -> None:
    """The file gives tenant-b what the audit knows to be tenant-a's."""
    leaky = [tenant("b", account("tenant-b"), namespaces=["tenant-b", "tenant-a"])]
    with cluster.serving(grants={"tenants": [*GRANTS["tenants"], *leaky]}) as gateway:
        code, report = audited(cluster, gateway.url, names=NAMES[:2])
    leaks = {one["title"].partition(":")[0] for one in report["findings"] if one["code"].startswith("KS04")}
    assert (code, leaks) == (1, {"tenant tenant-b"})


def test_a_proxy_that_shows_everybody_everything_fails_for_each(cluster: Cluster) -> None:
    with PassThrough(cluster.kubelet.url, cluster.token("admin")) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        code, report = audited(cluster, proxy.url, "--token-on-http", names=NAMES[:2])
        proxy.shutdown()
    leaks = {one["title"].partition(":")[0] for one in report["findings"] if one["code"] == "KS0401"}
    assert (code, leaks) == (1, {"tenant tenant-a", "tenant tenant-b"})


def test_a_tenant_without_an_answer_leaves_the_whole_untold_or_the_leak_of_another_told(cluster: Cluster) -> None:
    with cluster.serving(grants={"tenants": GRANTS["tenants"][:1]}) as gateway:
        code, report = audited(cluster, gateway.url, names=NAMES[:2])
        assert code == 2, "no leak, and one of whom nothing is known"
        refused = {one["title"].partition(":")[0] for one in report["findings"] if one["code"] == "KS0119"}
        assert refused == {"tenant tenant-b"}


WRONG = {
    "no file": (["--tenant", "a=:team-a"], "expected --tenant NAME=FILE:A,B"),
    "no name": (["--tenant", "token:team-a"], "expected --tenant NAME=FILE:A,B"),
    "no namespaces": (["--tenant", "a=token"], "expected --tenant NAME=FILE:A,B"),
    "one name twice": (["--tenant", "a=TOKEN:team-a", "--tenant", "a=TOKEN:team-b"], "a name of its own"),
    "with --allowed": (["--tenant", "a=TOKEN:team-a", "--allowed", "team-a"], "leave --allowed and --token-file out"),
    "with --token-file": (["--tenant", "a=TOKEN:team-a", "--token-file", "TOKEN"], "leave --allowed"),
    "direct without a token": (["--tenant", "a=TOKEN:team-a", "--direct", "https://192.0.2.1"], "--direct-token-file"),
    "neither": ([], "--allowed A,B says"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_is_told_before_anything_is_asked(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cr3t")
    given = [text.replace("TOKEN", str(tmp_path / "token")) for text in arguments]
    done = CliRunner().invoke(audit, ["--proxy", "https://192.0.2.1", *given])
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert "s3cr3t" not in done.output
