# One image for the app, the worker, the migrations and the emulator; docker-compose.yml selects what runs.
FROM python:3.13-slim-trixie AS dependencies
COPY requirements.txt /
# Wheels only: no compiler, here or in the result. Removed: maps, and translations into languages that the app lacks.
RUN python3 -m venv --without-pip /venv \
    && python3 -m pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement /requirements.txt \
    && find /venv -name '*.po' -delete && find /venv -name '*.mo' \
        -not -path '*/locale/en/*' -not -path '*/locale/de/*' -not -path '*/locale/es/*' -delete \
    && rm -r /venv/lib/python3*/site-packages/django/contrib/gis

# A separate stage, so that editing the emulator does not rebuild the large layer below it.
FROM dependencies AS emulator
COPY emulator /emulator
RUN python3 -m pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation --prefix /installed /emulator

FROM dependencies AS code
WORKDIR /srv/app
COPY manage.py ./
COPY scripts/probe scripts/stripe-emulator scripts/
COPY app app
COPY examples examples
# To leave out the development tools (doctor, console, tunnels): docker build --build-arg DEVSTACK=0 .
ARG DEVSTACK=1
RUN [ "$DEVSTACK" = 1 ] || rm -r app/devstack
# Compile now: the file system is read-only later. The key generated for this command is deleted with its directory.
RUN chmod 0755 scripts/* \
    && DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --noinput \
    && rm -r /tmp/build \
    && /venv/bin/python -m compileall -q app

FROM python:3.13-slim-trixie
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --home-dir /data --no-create-home --shell /usr/sbin/nologin app \
    && install --directory --owner app --group app --mode 0700 /data
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
COPY --from=dependencies /venv /venv
COPY --from=emulator /installed /venv
COPY --from=code /srv/app /srv/app
WORKDIR /srv/app
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1s --timeout=20s --start-period=60s --retries=1 CMD ["scripts/probe", "http", "8000", "/readyz"]
# The container's port is always 8000; PORT sets the host's.
CMD ["gunicorn", "--config", "app/config/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "app.config.wsgi"]
# Last: another revision rebuilds nothing above.
ARG APP_VERSION=0.1.0 APP_REVISION=unknown
LABEL org.opencontainers.image.title="Stripe one-time payments in Django" \
      org.opencontainers.image.description="App, worker and Stripe emulator" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$APP_VERSION" \
      org.opencontainers.image.revision="$APP_REVISION"
