"""What bin/up may be asked for. Needs nothing that would have to be installed first."""

import argparse


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description="Start Pressroom: web, workers, scheduler, Redis.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8000, help="port of the web server (default: 8000)")
    parser.add_argument("--workers", type=positive, default=2, help="how many runs at once (default: 2)")
    parser.add_argument("--no-demo", action="store_true", help="do not make the demo site")
    return parser.parse_args()


def port(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 65535):
        raise argparse.ArgumentTypeError(f"{written!r} is no port: give a number from 1 to 65535")
    return int(written)


def positive(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 64):
        raise argparse.ArgumentTypeError(f"{written!r} workers cannot be started: give a number from 1 to 64")
    return int(written)


if __name__ == "__main__":
    read_options()
