"""Events and where they are delivered."""
