"""The SQLite tables."""

from __future__ import annotations

#: Incremented with each change of the tables. State files are not migrated.
TABLES_VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS entities (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, due REAL,
    keep INTEGER NOT NULL, data TEXT NOT NULL, private TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS entities_id ON entities (kind, id);
CREATE INDEX IF NOT EXISTS entities_order ON entities (kind, seq);
CREATE INDEX IF NOT EXISTS entities_due ON entities (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS links (
    kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (kind, field, value, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, type TEXT NOT NULL, destination TEXT NOT NULL,
    url TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, due REAL);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (destination, due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS attempts (
    delivery INTEGER NOT NULL, at REAL NOT NULL, status INTEGER, error TEXT, seconds REAL NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_delivery ON attempts (delivery);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, request_id TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
    created REAL NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
