"""WordPress as a destination. May import what the publishing room may import."""
