"""Looks over a pipe: what is asked arrives, what came comes back, and nonsense is refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubesieve.agents import GO_7, Answer, CheckRequest, asks_of
from kubesieve.faults import OwnFault
from kubesieve.lab.embedded import embedded_place
from kubesieve.lab.remote import RemoteDoor, _record, asked, perform, run_of, waited_of
from kubesieve.lab.scene import DIRECT
from kubesieve.stage.pki import Authority

ANSWERS = st.builds(
    Answer,
    st.one_of(st.none(), st.integers(100, 599)),
    st.text(),
    st.binary(),
    st.dictionaries(st.text(), st.text()),
    st.one_of(st.none(), st.text()),
)


@given(ANSWERS)
def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    told = json.dumps({"at": 1.5, "token_sent": True, "answers": {"/pods": _record(answer)}})
    run = run_of(told.encode())
    assert (run.at, run.view.answers) == (1.5, {"/pods": answer})


async def test_what_is_performed_is_what_a_client_sees(tmp_path: Path) -> None:
    async with embedded_place() as place:
        token = tmp_path / "token"
        token.write_text(place.kubelet.tokens["datadog"] + "\n")
        door = RemoteDoor(place.kubelet.url, str(token), place.files.ca.read_text())
        here = await place.look(DIRECT, asks_of(GO_7))
        there = run_of(await perform(asked(door, asks_of(GO_7))))
        shown = [request.header("Authorization") for request in place.kubelet.requests]
    assert list(there.view.answers) == list(here.view.answers)
    assert {key: one.status for key, one in there.view.answers.items()} == {
        key: one.status for key, one in here.view.answers.items()
    }
    assert set(shown) == {f"Bearer {place.kubelet.tokens['datadog']}"}


async def test_a_ca_that_does_not_know_the_kubelet_is_an_error_in_the_answer() -> None:
    async with embedded_place() as place:
        door = RemoteDoor(place.kubelet.url, None, Authority().pem.decode())
        run = run_of(await perform(asked(door, [CheckRequest("/pods")])))
        assert not place.kubelet.requests
    assert run.view.answers["/pods"].error == "ClientConnectorCertificateError"


@pytest.mark.parametrize(
    "request_",
    [b"", b"[]", b"{}", b"\xff", b'{"asks": [], "token_file": "/nowhere/token", "ca": null, "url": "x"}'],
)
async def test_what_is_no_look_is_refused(request_: bytes) -> None:
    with pytest.raises(OwnFault, match="expected a look as `kubesieve lab verify` asks for it"):
        await perform(request_)


@pytest.mark.parametrize("told", [b"", b"command not found", base64.b64encode(b"{}")])
@pytest.mark.parametrize("reader", [run_of, waited_of])
def test_what_tells_of_no_look_is_refused(told: bytes, reader: object) -> None:
    with pytest.raises(OwnFault, match="expected what came of a look"):
        reader(told)  # type: ignore[operator]
