"""Files of keywords on their way in: kept, looked through, imported, and gone on with. May import what content may."""
