"""The table of changes, newest first: what leads from each version's shape back to that of the one before."""

from __future__ import annotations

from dataclasses import dataclass

from stripe_emulator.versions.steps import Step


@dataclass(frozen=True, slots=True)
class Change:
    """`back` takes an object of `kind` from the shape that `version` gave it to the one before."""

    version: str
    kind: str
    back: Step


CHANGES: tuple[Change, ...] = ()
