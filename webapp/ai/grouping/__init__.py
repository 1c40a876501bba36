"""Which keywords belong together, and how surely: local, free, the same each time. May import core and ai."""
