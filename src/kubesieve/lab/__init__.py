"""The story, told once: what people see when containers show "—", why, and what helps.

``gather`` looks at a place (the embedded node, or any other that is a ``Place``) with real requests; ``tell`` makes
tables, expectations and a report of what came, and is pure.
"""

from kubesieve.agents import CheckRequest, CheckRun
from kubesieve.lab.evidence import Evidence, gather
from kubesieve.lab.place import Kind, Place, Setting, Waited, Way
from kubesieve.lab.story import Story, tell
from kubesieve.lab.values import Expectation, Step, Table

__all__ = [
    "CheckRequest",
    "CheckRun",
    "Evidence",
    "Expectation",
    "Kind",
    "Place",
    "Setting",
    "Step",
    "Story",
    "Table",
    "Waited",
    "Way",
    "gather",
    "tell",
]
