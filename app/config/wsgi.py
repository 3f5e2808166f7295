"""The WSGI application: `gunicorn -c app/config/gunicorn.conf.py app.config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
application = get_wsgi_application()

# Needs Django to be set up. The views are imported before gunicorn forks, not at the first request: its processes then
# share the code and the counters of app.web.throttling.
import app.config.urls  # noqa: E402, F401
