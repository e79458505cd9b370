"""The embedded node as one thing: fast to start, tidy to stop."""

from __future__ import annotations

import ssl
import stat
import time
import urllib.request
from pathlib import Path

from kubesieve.stage.service import EmbeddedNode, StageOptions


def test_it_starts_well_under_a_second_and_leaves_nothing() -> None:
    start = time.monotonic()
    with EmbeddedNode(options=StageOptions(naive=True)) as stage:
        assert time.monotonic() - start < 1
        folder = stage.folder
        assert folder.is_dir()
        assert stage.naive is not None
    assert not folder.exists()


def test_files_are_enough_to_talk_to_it(tmp_path: Path) -> None:
    with EmbeddedNode(options=StageOptions(folder=tmp_path)) as stage:
        context = ssl.create_default_context(cafile=str(stage.ca_file))
        token = stage.token_file("datadog").read_text()
        request = urllib.request.Request(f"{stage.url}/healthz", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, context=context, timeout=5) as answer:
            assert answer.read() == b"ok"
    assert stage.ca_file.exists()


def test_tokens_are_for_their_owner_only(tmp_path: Path) -> None:
    with EmbeddedNode(options=StageOptions(folder=tmp_path)) as stage:
        assert stat.S_IMODE(stage.token_file("admin").stat().st_mode) == 0o600


def test_its_node_is_an_hour_old() -> None:
    assert 3500 < time.time() - EmbeddedNode().node.born < 3700
