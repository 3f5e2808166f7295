"""The framework that resources are declared with: request, routes, lists, updates, expansion."""
