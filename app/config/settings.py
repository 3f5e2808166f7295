"""Django's settings. Users configure the app in `.env`; `.env.example` explains every variable."""

import os
from importlib.util import find_spec
from pathlib import Path

from app.config import server_size
from app.config.checkout import checkout_options
from app.config.database import database
from app.config.env import Environment
from app.config.machine import IMAGE_DIR
from app.config.running import Running, running, tunnels

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment.read(BASE_DIR / ".env", os.environ)

DATA_DIR = env.data_dir(BASE_DIR)
SECRET_KEY = env.secret_key(DATA_DIR)
DEBUG = env.boolean("DEBUG")

# Stripe ------------------------------------------------------------------------------------------------------------
STRIPE_ALLOW_LIVE = env.boolean("STRIPE_ALLOW_LIVE")
STRIPE_SECRET_KEY = env.stripe_key("STRIPE_SECRET_KEY", allow_live=STRIPE_ALLOW_LIVE)
EMULATOR_PORT = env.integer("EMULATOR_PORT", 12111, low=1, high=65535)  # on this PC
STRIPE_EMULATOR_URL = env.text("STRIPE_EMULATOR_URL", f"http://127.0.0.1:{EMULATOR_PORT}").rstrip("/")
# A different base URL for Stripe's API, for a proxy. Empty: api.stripe.com.
STRIPE_API_BASE = env.text("STRIPE_API_BASE").rstrip("/")
STRIPE_WEBHOOK_SECRETS = env.webhook_secrets("STRIPE_WEBHOOK_SECRET")
STRIPE_WEBHOOK_SECRET_FILE = env.path("STRIPE_WEBHOOK_SECRET_FILE", DATA_DIR / "webhook_secret", BASE_DIR)
STRIPE_WEBHOOK_SECRET_GRACE = env.integer("STRIPE_WEBHOOK_SECRET_GRACE", 3600)  # seconds
# Concurrent calls to Stripe per process. A quarter of the threads can wait for orders; the rest is free for webhooks.
STRIPE_CALLS_AT_ONCE = env.integer("STRIPE_CALLS_AT_ONCE", server_size.threads(env) * 5 // 8 or 1, low=1)
# Events are deleted after this many days. Stripe lists them for 30 days, and catch-up must recognize them.
KEEP_EVENTS_DAYS = env.integer("KEEP_EVENTS_DAYS", 90, low=31)
# Email addresses, names, addresses and phone numbers are erased this many days after the order; 0 keeps them.
KEEP_PERSONAL_DATA_DAYS = env.days("KEEP_PERSONAL_DATA_DAYS", low=31)
# The worker: how often it catches up with missed events, and how long it may take for one fulfillment.
CATCH_UP_INTERVAL = env.integer("CATCH_UP_INTERVAL", env.integer("SWEEP_INTERVAL", 60, low=1), low=1)  # seconds
FULFILLMENT_LEASE = env.integer("FULFILLMENT_LEASE", env.integer("FULFILMENT_LEASE", 120, low=1), low=1)  # seconds
# Old names that still work; a system check warns.
OLD_NAMES = {"SWEEP_INTERVAL": "CATCH_UP_INTERVAL", "FULFILMENT_LEASE": "FULFILLMENT_LEASE"}
RENAMED_VARIABLES = {old: new for old, new in OLD_NAMES.items() if env.text(old)}

# Another system that is told of changes of orders (app.payments.order_webhook).
ORDER_WEBHOOK_ALLOW_PRIVATE = env.boolean("ORDER_WEBHOOK_ALLOW_PRIVATE")
ORDER_WEBHOOK_URL = env.url(
    "ORDER_WEBHOOK_URL",
    *(["http"] if ORDER_WEBHOOK_ALLOW_PRIVATE else []),
    hint="ORDER_WEBHOOK_ALLOW_PRIVATE=1 allows http, and this PC and its network.",
)
ORDER_WEBHOOK_SECRETS = env.order_webhook_secrets("ORDER_WEBHOOK_SECRET", required=bool(ORDER_WEBHOOK_URL))

# The product that is sold if the catalog is empty (`seed_demo` creates it).
DEFAULT_PRODUCT_NAME = env.text("PRODUCT_NAME", "Demo product")
DEFAULT_PRODUCT_CURRENCY = env.currency("PRODUCT_CURRENCY", "usd")
DEFAULT_PRODUCT_AMOUNT = env.price("PRODUCT_AMOUNT", 2000, currency=DEFAULT_PRODUCT_CURRENCY)  # minor units

# What the payment page offers. app/payments/session_options.py can add all else that Stripe has.
CHECKOUT = checkout_options(env)

# Addresses ---------------------------------------------------------------------------------------------------------
PORT = env.integer("PORT", 8000, low=1, high=65535)
PUBLIC_URL = (env.origins("PUBLIC_URL") or [""])[0]
# The tunnels' agents, which report the public URL. ./scripts/dev publishes their URLs; for other terminals, in a file.
by_dev = running(DATA_DIR)
NGROK_AUTHTOKEN = env.secret("NGROK_AUTHTOKEN")  # in Docker only whether it is set: the ngrok container has the token
# Each module of app/devstack/tunnels asks one kind of agent, at the URL in NAME_API_URL.
PUBLIC_URL_PROVIDERS = {f"{name.upper()}_API_URL": f"app.devstack.tunnels.{name}.ask" for name in tunnels(BASE_DIR)}
for name in PUBLIC_URL_PROVIDERS:
    tunnel = name.removesuffix("_API_URL")
    published = by_dev.get(tunnel.lower(), Running()).api
    # In Docker, a tunnel that is a profile of docker-compose.yml.
    in_profile = env.text(f"{tunnel}_PROFILE_URL") if env.has_profile(tunnel.lower()) else ""
    vars()[name] = env.text(name, published or in_profile).rstrip("/")
FRONTEND_ORIGINS = env.origins("FRONTEND_ORIGINS")
# Reverse proxies whose forwarding headers are trusted, in addition to our own tunnels.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
# Access to the admin and the console: app.web.gate.
PUBLIC_ADMIN = env.boolean("PUBLIC_ADMIN")
CONSOLE = env.boolean("CONSOLE")
# Whether requests come from their clients' own addresses, as without a container and with docker-compose.yml, which
# sets this. A cluster's load balancers hide the client: strangers would look like this PC.
DIRECT_ACCESS = env.boolean("DIRECT_ACCESS", default=BASE_DIR != IMAGE_DIR)
DOCTOR_AT_START = env.boolean("DOCTOR_AT_START", default=True)
DOCTOR_TIMEOUT = env.integer("DOCTOR_TIMEOUT", 12, low=1)  # seconds; the Stripe CLI takes two or three for an event
CHECKOUTS_PER_MINUTE = env.integer("CHECKOUTS_PER_MINUTE", 300)
STATUS_CALLS_PER_MINUTE = env.integer("STATUS_CALLS_PER_MINUTE", 1200)
LOGINS_PER_MINUTE = env.integer("LOGINS_PER_MINUTE", 5)
# app.web.hosts checks the Host header: the tunnel's name can change, which a fixed list can't follow.
ALLOWED_HOSTS = ["*"]
EXTRA_HOSTS = env.hosts("ALLOWED_HOSTS")
CORS_ALLOWED_ORIGINS = FRONTEND_ORIGINS
CORS_ALLOW_ALL_ORIGINS = not FRONTEND_ORIGINS
CORS_URLS_REGEX = r"^/api(/|$)"
# The admin's forms, behind a proxy that sends the upstream's name as Host (nginx's default).
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CSRF_FAILURE_VIEW = "app.web.errors.form_rejected"
CORS_ALLOW_PRIVATE_NETWORK = True
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "cache-control", "content-type", "idempotency-key", "pragma", "x-requested-with"),
    *("bypass-tunnel-reminder", "ngrok-skip-browser-warning"),  # tunnels' warning pages
    # Headers that browser monitoring adds to every call: W3C Trace Context and Baggage, Sentry, Zipkin (B3), Jaeger,
    # Datadog, New Relic, Elastic, Application Insights, AWS X-Ray, Google Cloud, SkyWalking, PostHog.
    *("traceparent", "tracestate", "baggage", "sentry-trace", "x-request-id", "x-correlation-id", "newrelic"),
    *("b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "uber-trace-id"),
    *(f"x-datadog-{name}" for name in ("trace-id", "parent-id", "origin", "sampling-priority", "tags")),
    *("elastic-apm-traceparent", "request-id", "request-context", "x-amzn-trace-id", "x-cloud-trace-context", "sw8"),
    *("x-posthog-session-id", "x-posthog-window-id", "x-posthog-distinct-id"),
]
CORS_EXPOSE_HEADERS = ["retry-after"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other page needs our static files

# Not an installed app, which every process would import, although only servers need it. Its folder is found without an
# import, because the API's docs use its templates and static files.
NINJA = Path(find_spec("ninja").origin).parent  # type: ignore[union-attr, arg-type]
INSTALLED_APPS = [
    "app.payments",
    # The development tools; a production image can leave them out.
    *(["app.devstack"] if (BASE_DIR / "app" / "devstack").is_dir() else []),
    "app.storefront",
    "corsheaders",
    "app.payments.apps.ShopAdminConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "app.web.bodies.HeadMiddleware",
    # Before all others, so that their security headers are on every response.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "app.web.headers.csp.PolicyMiddleware",
    "app.web.headers.caching.NoStoreMiddleware",
    "app.web.headers.cors.CorsMiddleware",
    "app.web.headers.language.LanguageMiddleware",
    "app.web.errors.ErrorMiddleware",
    "app.web.hosts.HostMiddleware",
    "app.web.gate.GateMiddleware",
    "app.web.headers.origins.OriginMiddleware",
    "app.web.bodies.LengthMiddleware",
    "app.web.slashes.SlashMiddleware",
    "app.web.headers.cookies.SecureCookiesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "app.web.sessions.StaffMiddleware",
]

ROOT_URLCONF = "app.config.urls"
WSGI_APPLICATION = "app.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [NINJA / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "app.web.branding.branding",
                *(["app.devstack.shop_footer.developer_links"] if "app.devstack" in INSTALLED_APPS else []),
            ],
        },
    },
]

# Database ----------------------------------------------------------------------------------------------------------
WEB_WORKERS, WEB_THREADS = server_size.workers(env), server_size.threads(env)  # each process has a pool
DATABASES = {"default": database(env, DATA_DIR)}

# Redis or Valkey, for rate limits that all processes and replicas share. Without it, each process counts for itself.
CACHE_URL = env.secret("CACHE_URL")
CACHES = {"default": env.cache(CACHE_URL)}

# Static files, languages, email, logs -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [NINJA / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Collected (the image): hashed, compressed, cached forever. Not collected (a checkout): served from the source.
STATIC_COLLECTED = (STATIC_ROOT / "staticfiles.json").is_file()
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
TIME_ZONE = "UTC"
# Of pages and emails for buyers: the browser's (app.web.headers.language), or else the shop's. The admin is English.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]
LANGUAGE_CODE = env.choice("SHOP_LANGUAGE", "EN", tuple(code.upper() for code, _ in LANGUAGES)).lower()
LOCALE_PATHS = [BASE_DIR / "app" / "locale"]

# The shop, on pages and in emails.
SHOP_NAME = " ".join(env.text("SHOP_NAME", "Corner Shop").split())
SHOP_LOGO_URL = env.url("SHOP_LOGO_URL", "http")
SUPPORT_EMAIL = env.email("SUPPORT_EMAIL")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "shop@localhost")
# Without a mail server: to the log and, in development, to the console.
in_development = "app.devstack" in INSTALLED_APPS
EMAIL_BACKEND = f"{'app.devstack.mailbox' if in_development else 'django.core.mail.backends.console'}.EmailBackend"
EMAIL_TIMEOUT = 20  # seconds; without it, an unresponsive mail server would block the worker forever
vars().update(env.mail_server("EMAIL_URL"))  # other EMAIL_… settings, that of the backend too

DEFAULT_EXCEPTION_REPORTER = "app.config.logs.MaskedReporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "app.config.logs.MaskedFormatter", "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    # Only exceptions are logged, not responses that the app chose (a 404, a 503).
    "filters": {
        "exceptions": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: bool(record.exc_info)}
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "exceptions": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["exceptions"]},
    },
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    "loggers": {
        "django.request": {"handlers": ["exceptions"], "propagate": False},
        "stripe": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}

# Browsers ----------------------------------------------------------------------------------------------------------
SECURE_HSTS_SECONDS = 30 * 24 * 3600  # sent in https responses only
# http on localhost and https through a tunnel are both valid, so some settings can't be the same for all requests.
SILENCED_SYSTEM_CHECKS = [
    "admin.E408",  # sessions, users and messages for the admin: app.web.sessions
    "admin.E409",
    "admin.E410",
    "security.W005",  # HSTS for subdomains, which may not be ours
    "security.W008",  # a redirect of all http to https
    "security.W010",  # Secure cookies: app.web.headers.cookies
    "security.W016",
    "security.W021",  # HSTS preloading
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing inline, nothing from other origins. The emulator's hosted page has its own policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *filter(None, [SHOP_LOGO_URL.partition("?")[0]])],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# The webhook view reads its own body; nothing here takes uploads.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
