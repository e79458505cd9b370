"""Diagnoses of scenes, each made once in a run, as people get them: redacted first."""

from __future__ import annotations

from functools import cache

from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.evidence import Evidence
from tests.doctor.corpus import CORPUS
from tests.doctor.scenes import Scene


def evidence_of(case: Scene | Evidence) -> Evidence:
    return case.evidence() if isinstance(case, Scene) else case


@cache
def diagnosis_of(name: str) -> Diagnosis:
    """Of a bundle of the corpus, by its name."""
    return diagnose(redact(evidence_of(CORPUS[name][1])))
