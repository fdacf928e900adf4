"""Whether the process of this container can do its work; exit code 0 or 1. The standard library alone, for speed."""

import os
import sys
import urllib.error
import urllib.request

PATH = "/health/ready"
SECONDS = 5


def main() -> int:
    """Ask the worker where it has a port, else the API; print why not."""
    port = os.environ.get("AVATAR_WORKER_PORT") or os.environ.get("AVATAR_API_PORT") or "8700"
    # No proxy: it is this container that is asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{PATH}", timeout=SECONDS) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as refused:
        print(refused.read().decode())
        return 1
    except OSError as problem:
        print(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
