"""The WSGI application: `gunicorn -c app/gunicorn.conf.py app.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
application = get_wsgi_application()

# Needs Django to be set up. The views are imported here, not at the first request: before gunicorn forks, so that its
# processes share the code, and the counters of app.payments.throttling.
import app.urls  # noqa: E402, F401
