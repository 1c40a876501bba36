"""Keyword files: recognising and reading them knows no database. May import what `content` may."""
