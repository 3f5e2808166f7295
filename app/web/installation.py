"""This installation: one database, and all processes that use it.

Copies of this program can share a Stripe account, the name of a tunnel, even a .env file. Their databases differ.
"""

import hashlib
import secrets
from functools import cache

from django.core import signing
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils.crypto import salted_hmac

SALT = "app.web.installation"
VALID_FOR = 60  # seconds


@cache
def installation() -> str:
    """Return this installation's id: the moment of its first migration, hashed. A restored backup keeps it.

    Raises DatabaseError while the database can't be used.
    """
    migrations = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).migration_qs
    first = migrations.order_by("pk").values_list("applied", flat=True).first()
    return hashlib.sha256(str(first).encode()).hexdigest()[:12]


def challenge() -> str:
    """Return a value that only this installation can answer, for a minute."""
    return signing.TimestampSigner(salt=SALT).sign(secrets.token_urlsafe(16))


def answer_to(value: str) -> str:
    """Return the answer to a challenge; empty if it is not one of ours, so that strangers learn nothing.

    Another installation with the same SECRET_KEY answers too, but differently.
    """
    try:
        signing.TimestampSigner(salt=SALT).unsign(value, max_age=VALID_FOR)
    except signing.BadSignature:
        return ""
    return salted_hmac(SALT, value + installation(), algorithm="sha256").hexdigest()
