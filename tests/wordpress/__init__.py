"""A real WordPress for tests, and what goes wrong on the way to one."""
