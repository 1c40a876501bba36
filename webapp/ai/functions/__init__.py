"""One file per paid operation: typed request, typed result, and how a reply is read; may import core and ai.provider."""
