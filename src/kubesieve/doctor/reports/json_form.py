"""JSON for programs, as report.schema.json describes it: ASCII alone, every other character escaped."""

from __future__ import annotations

import json

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.reports.record import record


def as_json(diagnosis: Diagnosis) -> str:
    return json.dumps(record(diagnosis), indent=2, ensure_ascii=True, allow_nan=False) + "\n"
