"""Schedules, publications and the places they go to; may import rooms up to content."""
