"""The ControllerRevisions of a workload: its templates, numbered in order of use.

Source: pkg/controller/daemon/update.go (constructHistory, cleanupHistory).
"""

from sim.cluster.controllers import refusals
from sim.cluster.names import template_hash
from sim.scenario.model import PodTemplate

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
REVISION_LABEL = "controller-revision-hash"


class Revision:
    """One template and its number, which grows when the template is used again."""

    __slots__ = ("hash", "number", "template")

    def __init__(self, template: PodTemplate, hashed: str, number: int) -> None:
        self.template = template
        self.hash = hashed
        self.number = number


class Revisions:
    """All that are kept; ``current`` is the hash of the template in use."""

    __slots__ = ("_kept", "_template", "current")

    def __init__(self) -> None:
        self._template: PodTemplate | None = None
        self._kept: dict[str, Revision] = {}
        self.current = ""

    def use(self, template: PodTemplate) -> None:
        """Make a template the current one, with the highest number."""
        if template is self._template:
            return
        self._template = template
        self.current = template_hash(template)
        highest = max((r.number for r in self.old()), default=0)
        known = self._kept.get(self.current)
        if known is None:
            self._kept[self.current] = Revision(template, self.current, highest + 1)
        elif known.number <= highest:
            known.number = highest + 1

    def note_older(self, template: PodTemplate) -> str:
        """Keep a template from before all others; return its hash."""
        hashed = template_hash(template)
        self._kept.setdefault(hashed, Revision(template, hashed, 0))
        return hashed

    def template(self, hashed: str) -> PodTemplate:
        """Return the template of a revision that is kept."""
        return self._kept[hashed].template

    def forget(self, hashed: str) -> None:
        """Keep a revision no longer."""
        del self._kept[hashed]

    def old(self) -> list[Revision]:
        """Return all but the current one, lowest number first."""
        old = [one for one in self._kept.values() if one.hash != self.current]
        return sorted(old, key=lambda one: one.number)

    def all(self) -> list[Revision]:
        """Return all, lowest number first."""
        return sorted(self._kept.values(), key=lambda one: one.number)

    def undo_target(self, number: int) -> PodTemplate:
        """Return the template of a revision, 0 = the second highest.

        Raises ``RefusedError`` if there is none.

        Source: kubectl pkg/polymorphichelpers/rollback.go, findHistory.
        """
        kept = self.all()
        if number == 0:
            if len(kept) < 2:
                raise refusals.no_last_revision()
            return kept[-2].template
        for one in kept:
            if one.number == number:
                return one.template
        raise refusals.revision_not_found(number)

    def clean_up(self, limit: int, live: set[str]) -> None:
        """Forget the oldest beyond a limit, except those that pods still have."""
        old = self.old()
        surplus = len(old) - limit
        for one in old:
            if surplus > 0 and one.hash not in live:
                self.forget(one.hash)
                surplus -= 1
