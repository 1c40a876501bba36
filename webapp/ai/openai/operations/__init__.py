"""One file per paid operation: what a model is told, and what becomes of its answer; may import ai and core."""
