"""Started by bin/pressroom."""

from webapp.cli.main import main

if __name__ == "__main__":
    main(prog_name="pressroom")
