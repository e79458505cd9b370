"""The session of docs/audit.md is run, and says what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.test_commands import _free_port


def test_the_audits_session_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs/audit.md").read_text()
    [script] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    [says] = re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)
    for port in ("10250", "8080"):
        script = script.replace(port, str(_free_port()))
    script = script.replace("kubesieve serve", "kubesieve serve --admin-listen 127.0.0.1:0").replace(
        "sleep 3", "sleep 5"
    )
    done = subprocess.run(
        ["bash", "-mc", script + "\nwait"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert says in done.stdout, done.stderr
