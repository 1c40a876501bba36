"""Starts one background process: `runs`, `upkeep` and `publishing` work those queues, `timetable` fires what is due."""

import logging
import sys

import config
from webapp import create_app
from webapp.jobs import queue, timetable, worker

ROLES = (queue.RUNS, queue.UPKEEP, queue.PUBLISHING, "timetable")


def main(role: str) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    app = create_app()
    if role == "timetable":
        timetable.keep_time(app)
    else:
        worker.work(app, role)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ROLES:
        sys.exit(f"usage: worker.py {'|'.join(ROLES)}")
    try:
        main(sys.argv[1])
    except config.BadSetting as problem:
        sys.exit(f"worker.py: {problem}")
