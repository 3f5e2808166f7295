"""What resources are declared with: the request, routes, lists, updates, expansion."""
