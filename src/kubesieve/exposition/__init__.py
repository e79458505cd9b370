"""The Prometheus text format, read exactly: bytes in, a partition by namespace out.

``read`` gives whoever filters a Partition, by the compiled reader where there is one, else by ``read_plainly``;
``lines`` gives whoever needs labels and values each line. ``read_by_lines`` is the plain, obvious reader over them: the
specification of what is an exposition and what is not (docs/format.md).
"""

from kubesieve.exposition.compact import read, reader_in_use
from kubesieve.exposition.partition import FamilyPatterns, FamilyVerdict, Keep, Partition, Selection, read_by_lines
from kubesieve.exposition.plain import read_plainly
from kubesieve.exposition.reader import MAX_LINE_BYTES, MetadataLine, SampleLine, lines
from kubesieve.exposition.sample import Sample

__all__ = [
    "MAX_LINE_BYTES",
    "FamilyPatterns",
    "FamilyVerdict",
    "Keep",
    "MetadataLine",
    "Partition",
    "Sample",
    "SampleLine",
    "Selection",
    "lines",
    "read",
    "read_by_lines",
    "read_plainly",
    "reader_in_use",
]
