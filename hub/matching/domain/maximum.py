"""The audit yardstick: the largest number of learners that could be placed at all, whoever they are."""

from collections.abc import Sequence


def maximum_placed(wishes: Sequence[Sequence[int]], places: Sequence[int], start: Sequence[int]) -> int:
    """Size of a largest matching of learners to places over acceptable pairs.

    `wishes[i]` are the class rows acceptable to learner `i`; `start[i]` is the class of a matching to improve
    on, or -1. Augmenting paths, one breadth-first search for each unplaced learner; classes from which no
    free place can be reached are left out of later searches, because no later path can lead through them
    either (Berge; Kuhn).
    """
    search = _Search(wishes, places, start)
    return sum(1 for learner, cls in enumerate(start) if cls >= 0 or search.augment(learner))


class _Search:
    """A matching being enlarged; sets of classes are bits of one integer, which makes unions cheap."""

    def __init__(self, wishes: Sequence[Sequence[int]], places: Sequence[int], start: Sequence[int]) -> None:
        self.wanted = [sum(1 << cls for cls in set(row)) for row in wishes]
        self.at = list(start)
        self.holders: list[set[int]] = [set() for _ in places]
        for learner, cls in enumerate(start):
            if cls >= 0:
                self.holders[cls].add(learner)
        self.places = places
        self.free = sum(1 << cls for cls, room in enumerate(places) if len(self.holders[cls]) < room)
        self.dead = 0

    def augment(self, learner: int) -> bool:
        """Place one more learner by moving others along a path to a free place, if there is one."""
        reached_from: dict[int, int] = {}
        seen = self.dead
        waiting = [learner]
        for mover in waiting:
            fresh = self.wanted[mover] & ~seen
            if fresh & self.free:
                goal = _lowest(fresh & self.free)
                reached_from[goal] = mover
                self._shift(goal, reached_from, learner)
                return True
            seen |= fresh
            while fresh:
                cls = _lowest(fresh)
                fresh &= fresh - 1
                reached_from[cls] = mover
                waiting.extend(self.holders[cls])  # the list grows while it is walked: breadth first
        self.dead = seen
        return False

    def _shift(self, goal: int, reached_from: dict[int, int], learner: int) -> None:
        """Move everybody on the path one class on, which frees a place for `learner` at its start."""
        cls, mover = goal, reached_from[goal]
        while mover != learner:
            source = self.at[mover]
            self.holders[source].remove(mover)
            self._put(mover, cls)
            cls, mover = source, reached_from[source]
        self._put(mover, cls)
        if len(self.holders[goal]) >= self.places[goal]:
            self.free &= ~(1 << goal)

    def _put(self, learner: int, cls: int) -> None:
        self.holders[cls].add(learner)
        self.at[learner] = cls


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
