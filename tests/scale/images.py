"""Other versions of the image: one with a migration, and one that does not start."""

import re
from pathlib import Path

from tests.compose.engine import Engine
from tests.support.stack import ROOT

_LATEST = max(path.stem for path in (ROOT / "app/payments/migrations").glob("0*.py"))
# The version before neither reads nor writes the new column, and the new version does not need it.
MIGRATION = f"""
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("payments", {_LATEST!r})]
    operations = [migrations.AddField("order", "gift_note", models.TextField(null=True))]
"""
MIGRATED = "FROM shop:1\nCOPY migration.py app/payments/migrations/9999_gift_note.py\n"
BROKEN = (
    "FROM shop:1\nUSER root\nRUN echo 'raise RuntimeError(\"broken\")' >>app/config/settings.py\nUSER 10001:10001\n"
)


def build_image(engine: Engine, tag: str, dockerfile: str, folder: Path, **files: str) -> None:
    """Build an image with these Python files beside its Dockerfile, in a new folder in `folder`."""
    context = folder / re.sub(r"\W", "-", tag)
    context.mkdir()
    for name, text in files.items():
        (context / f"{name}.py").write_text(text)
    (context / "Dockerfile").write_text(dockerfile)
    engine.docker("build", "--quiet", "--tag", tag, context)
