"""Keyword files: recognising and reading them knows no database; storing does. May import what `content` may."""
