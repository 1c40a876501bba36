"""One file per paid operation: typed request and result, and how a reply is read; may import core and ai.provider."""
