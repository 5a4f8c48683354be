"""Make sure a real Chromium is there for the browser tests; never let them be skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    if any(shutil.which(name) for name in NAMES):
        return 0
    if os.name == "posix" and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            )
        return 0
    sys.stderr.write("The browser tests need Chromium: install it (Debian/Ubuntu: sudo apt-get install chromium; "
                     "Windows/macOS: Google Chrome or Chromium on the PATH) and run make test again.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
