"""The Prometheus text format, read exactly: bytes in, a partition by namespace out.

``read`` gives whoever filters a Partition; ``lines`` gives whoever needs labels and values each line. Both are the
plain, obvious reader, which is the specification of what is an exposition and what is not (docs/format.md).
"""

from kubesieve.exposition.partition import Partition, Selection, read
from kubesieve.exposition.reader import MAX_LINE_BYTES, MetadataLine, SampleLine, lines
from kubesieve.exposition.sample import Sample

__all__ = ["MAX_LINE_BYTES", "MetadataLine", "Partition", "Sample", "SampleLine", "Selection", "lines", "read"]
