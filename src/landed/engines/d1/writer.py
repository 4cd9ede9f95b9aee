"""Writing to a remote D1 database: files share a request where they may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from landed.engines.d1.session import RemoteD1Session

if TYPE_CHECKING:
    from landed.core.applied import Applied, Consent
    from landed.core.plan import PlanItem


class RemoteD1Writer(RemoteD1Session):
    """A writing session; ``undo`` is the way back to before its first write."""

    def apply_next(self, items: Sequence[PlanItem], consent: Consent) -> Iterator[Applied]:
        """Run the next file, or as many of the next as may share a request. Raises as :meth:`run`."""
        if self.undo is not None and len(items) > 1:
            from landed.engines.d1.group import how_many, run_group

            count = how_many(items)
            together = run_group(self, items[:count], consent) if count else None
            if together is not None:
                yield from together
                return
        item = items[0]
        yield self.run(item.migration, item.step, item.statements, consent, record=item.record)
