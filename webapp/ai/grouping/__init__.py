"""Which keywords belong together, and how surely. May import core and ai."""
