"""The process that runs jobs: ``python -m sleuth.serve.worker``, as often as needed."""

from __future__ import annotations

import sys

from redis.exceptions import RedisError

from sleuth.factory import create_app
from sleuth.queue.worker import make_worker
from sleuth.serve import logs


def main() -> int:
    """Run jobs until told to stop."""
    logs.configure("worker")
    app = create_app()
    try:
        make_worker(app).work(logging_level="WARNING")
    except RedisError as error:
        logs.give_up(f"The queue server does not answer: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
