"""YAML: the record of the JSON form; what is not ASCII is escaped, any YAML reader gives the same values."""

from __future__ import annotations

import yaml

from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.reports.record import record


def as_yaml(diagnosis: Diagnosis) -> str:
    return yaml.safe_dump(record(diagnosis), sort_keys=False, allow_unicode=False, width=110)
