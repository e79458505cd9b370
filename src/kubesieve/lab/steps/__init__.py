"""The steps of the story, in order: each a function from the case to its tables and expectations."""

from __future__ import annotations

from collections.abc import Callable

from kubesieve.lab.judged import Case
from kubesieve.lab.steps.access import access
from kubesieve.lab.steps.checks import checks
from kubesieve.lab.steps.namespaces import namespaces
from kubesieve.lab.steps.page import page
from kubesieve.lab.steps.pods import pods
from kubesieve.lab.steps.series import series
from kubesieve.lab.steps.views import views
from kubesieve.lab.steps.ways_out import ways_out
from kubesieve.lab.values import Step

STEPS: tuple[Callable[[Case], Step], ...] = (views, pods, namespaces, series, access, checks, page, ways_out)
