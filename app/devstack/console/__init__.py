"""The console: the wiring as a picture, and what goes through it, live. For this PC only (app.web.gate)."""
