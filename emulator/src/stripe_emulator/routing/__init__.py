"""The framework for resources: requests, routes, lists, updates, expansion."""
