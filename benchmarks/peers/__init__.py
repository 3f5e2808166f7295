"""What others do, as they do it; each module is one server."""
