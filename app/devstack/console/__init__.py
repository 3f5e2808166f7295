"""The console: a live picture of the wiring and its traffic. For this PC only (app.web.gate)."""
