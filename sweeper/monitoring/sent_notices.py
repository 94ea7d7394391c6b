"""Remembers when a message was last sent, for a run that could not reach the database."""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sweeper.core.files import replaced

_HOUR = timedelta(hours=1)
# of this process, which may run again and again where it cannot write a file
_sent: dict[str, datetime] = {}


class SentNotices:
    """Small files in a folder, one for each app and cause, each with the time of the last message."""

    def __init__(self, folder: Path | None, app: Path) -> None:
        self._folder = folder
        self._app = str(app.absolute())

    def claim(self, cause: str, now: datetime) -> bool:
        """Whether no message of that cause was sent within the hour; from now on one was.

        Where no file can be written, only this process remembers it.
        """
        key = sha256(f"{self._app}\n{cause}".encode()).hexdigest()[:24]
        last = max(filter(None, (_sent.get(key), self._read(key))), default=None)
        if last is not None and last <= now < last + _HOUR:
            return False
        _sent[key] = now
        self._write(key, now)
        return True

    def _read(self, key: str) -> datetime | None:
        if self._folder is None:
            return None
        try:
            read = datetime.fromisoformat((self._folder / key).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return read if read.tzinfo is not None else None

    def _write(self, key: str, now: datetime) -> None:
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced(self._folder / key) as stream:
                stream.write(now.isoformat())
        except OSError:
            pass
