"""Runs: their states, their stages, and the engine that moves them; may import rooms up to publishing."""
