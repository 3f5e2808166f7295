"""The console: a live view of the links and their traffic. For this PC only (app.web.gate)."""
