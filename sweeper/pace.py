"""How fast a sweep goes: as many sessions a batch as the policy says, while nobody has to wait for their rows."""

# Nobody should wait for a row longer than a quarter of a second: a batch aims at half of that.
_AIM_SECONDS = 0.125
# The first batch finds a server of unknown speed; below the least, what a commit costs counts more than what is in it.
_FIRST, _LEAST = 500, 50
# Beside an app that is at work, the sweep leaves most of the time to it. So many batches make sure that it is not.
_QUIET_BATCHES, _PAUSES, _PAUSE_AT_MOST_SECONDS = 10, 3, 0.1


class Pace:
    """Follows the time for which batches hold their locks, and whether somebody waited for one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = min(most, _FIRST)
        self._quiet_batches = _QUIET_BATCHES

    def held(self, seconds: float, *, waited_for: bool) -> float:
        """A full batch was committed, its rows locked for so long; the seconds to leave to others before the next."""
        self._quiet_batches = 0 if waited_for else self._quiet_batches + 1
        if waited_for or seconds > _AIM_SECONDS:
            share = 0.5 if waited_for else max(_AIM_SECONDS / seconds, 0.25)
            self.size = max(min(self.size, _LEAST), int(self.size * share))
        elif seconds < _AIM_SECONDS / 2 and self._quiet_batches >= _QUIET_BATCHES:
            self.size = min(self._most, self.size * 2)
        return min(_PAUSES * seconds, _PAUSE_AT_MOST_SECONDS) if self._quiet_batches < _QUIET_BATCHES else 0

    def too_slow(self) -> None:
        """A batch of this size ran into the bound on statements, and was rolled back."""
        self.size = max(1, self.size // 4)
