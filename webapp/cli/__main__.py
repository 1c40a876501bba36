"""Started by bin/pressroom."""

import logging

from webapp.cli.main import main

if __name__ == "__main__":
    # A command itself says what a person must know; what it says is not mixed with the log of what it calls.
    logging.getLogger("webapp").setLevel(logging.CRITICAL)
    main(prog_name="pressroom")
