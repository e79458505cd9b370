"""What of a request for a log goes up: parameters that are known and good, and always where to end."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from kubesieve.faults import CallerFault
from kubesieve.gateway.log_requests import is_log, log_asked
from kubesieve.gateway.routes import Asked
from kubesieve.gateway.settings import ContainerLogs
from kubesieve.sieve.container_logs import LogName

PATH = "/containerLogs/team-a/web-0.example/app"
MOST = str(16 << 20)
RULES = ContainerLogs(enabled=True, follow=True)


def goes_up(query: str, rules: ContainerLogs = RULES) -> dict[str, str]:
    asked = Asked("GET", f"{PATH}?{query}", CIMultiDictProxy(CIMultiDict()))
    found = log_asked(asked, rules)
    assert found.name == LogName("team-a", "web-0.example", "app")
    return found.query


@pytest.mark.parametrize(
    ("query", "up"),
    [
        ("", {}),
        ("tailLines=007", {"tailLines": "7"}),
        ("tailLines=0", {"tailLines": "0"}),
        ("sinceSeconds=5&timestamps=true", {"sinceSeconds": "5", "timestamps": "true"}),
        ("sinceTime=2026-01-02T03:04:05.6%2B01:00", {"sinceTime": "2026-01-02T03:04:05.6+01:00"}),
        ("previous=1&follow=true", {"previous": "true", "follow": "true"}),
        ("previous=false&follow=0&timestamps=0", {}),
        ("pretty=true&stream=Stdout&insecureSkipTLSVerifyBackend=true", {}),
        ("limitBytes=10", {"limitBytes": "10"}),
        (f"limitBytes={1 << 33}", {"limitBytes": MOST}),
    ],
)
def test_known_parameters_go_up_and_no_others(query: str, up: dict[str, str]) -> None:
    assert goes_up(query) == {"limitBytes": MOST, **up}


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("tailLines=", "log-query"),
        ("tailLines=-1", "log-query"),
        ("tailLines=%201", "log-query"),
        ("tailLines=\u0661", "log-query"),
        ("sinceTime=2026-01-02", "log-query"),
        ("sinceTime=2026-01-02T03:04:05Z%26follow=true", "log-query"),
        ("follow=yes", "log-query"),
        ("follow=", "log-query"),
        ("follow=true&follow=true", "log-query"),
        ("limitBytes=99999999999", "log-query"),
        ("limitBytes=0", "log-query"),
        ("sinceSeconds=0", "log-query"),
        ("sinceSeconds=5&sinceTime=2026-01-02T03:04:05Z", "log-query"),
    ],
)
def test_what_is_no_good_value_is_refused(query: str, reason: str) -> None:
    with pytest.raises(CallerFault) as caught:
        goes_up(query)
    assert (caught.value.reason, caught.value.status) == (reason, 400)


def test_follow_is_refused_where_it_is_off() -> None:
    with pytest.raises(CallerFault) as caught:
        goes_up("follow=true", ContainerLogs(enabled=True))
    assert caught.value.reason == "log-follow"


@pytest.mark.parametrize(
    ("path", "good"),
    [
        (PATH, True),
        ("/containerLogs/a/b/c", True),
        ("/containerLogs/a/b", False),
        ("/containerLogs/a/b/c/d", False),
        ("/containerLogs/a/b/c/", False),
        ("/containerLogs/a//c", False),
        ("/containerLogs/../b/c", False),
        ("/containerLogs/a/%62/c", False),
        ("/containerLogs/A/b/c", False),
        ("/containerLogs/a.b/b/c", False),
        ("/containerLogs/a/b/c\n", False),
        (f"/containerLogs/{'a' * 64}/b/c", False),
        (f"/containerLogs/a/{'b' * 253}/c", True),
        (f"/containerLogs/a/{'b' * 254}/c", False),
        ("/containerlogs/a/b/c", False),
        ("/logs/a/b/c", False),
    ],
)
def test_a_path_of_a_log_has_three_names_as_kubernetes_has_them(path: str, good: bool) -> None:
    assert is_log(path) is good
