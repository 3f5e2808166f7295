"""The WSGI entry point: `gunicorn -c app/gunicorn.conf.py app.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
django = get_wsgi_application()

from app.payments.webhook_first import webhook_first  # noqa: E402  # needs Django to be set up

application = webhook_first(django)
