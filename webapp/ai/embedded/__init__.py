"""A provider that needs no key and no network, and says so in what it writes; may import core and the rest of ai."""
