"""The WSGI entry point: `gunicorn -c app/gunicorn.conf.py app.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
django = get_wsgi_application()

# Need Django to be set up. The addresses are imported here, not at the first request: before gunicorn forks, so that
# its processes share the code, and the counters of app.payments.throttling.
import app.urls  # noqa: E402, F401
from app.payments.checkout_first import checkout_first  # noqa: E402
from app.payments.webhook_first import webhook_first  # noqa: E402

application = webhook_first(checkout_first(django))
