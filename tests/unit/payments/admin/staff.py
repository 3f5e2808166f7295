"""People who work in the admin, and what they do there."""

import html
import importlib
import re
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client

from app.payments.models import Order
from tests.support.front_door import submit

LIST = "/admin/payments/order/"


def log_in(client: Client, group: str = "") -> None:
    """Log in as a member of the group, or as a superuser."""
    user, _ = User.objects.get_or_create(username=group or "admin", is_superuser=not group, is_staff=True)
    if group:
        # Tests with transactions delete what the migration has created.
        importlib.import_module("app.payments.migrations.0012_roles").create_groups(apps, None)
        importlib.import_module("app.payments.migrations.0017_messages").let_the_shop_see_messages(apps, None)
        user.groups.set([Group.objects.get(name=group)])
    client.force_login(user)


def act(client: Client, action: str, row: Model, *, group: str = "") -> str:
    """Run an action of the list. Return the page that it ends on."""
    log_in(client, group)
    posted = {"action": action, "_selected_action": [str(row.pk)]}
    response = submit(client, f"/admin/payments/{row._meta.model_name}/", posted, follow=True)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def page_of(order: Order) -> str:
    """Return the path of the order's page."""
    return f"{LIST}{order.pk}/change/"


def read(client: Client, path: str) -> str:
    """Return the page's text."""
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return html.unescape(response.content.decode())


def forms_on(page: str) -> dict[str, dict[str, str]]:
    """Return the hidden fields of each form on the page by the path that it is sent to."""
    found = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    return {to: dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', fields)) for to, fields in found}


def press(client: Client, order: Order, button: str, **fields: Any) -> str:
    """Press a button on the order's page, which must be there. Return the page that it ends on."""
    [(to, hidden)] = [
        (to, hidden) for to, hidden in forms_on(read(client, page_of(order))).items() if to.endswith(f"/{button}/")
    ]
    response = client.post(to, hidden | fields, follow=True)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def log_of(order: Order) -> list[tuple[str, str]]:
    """Return who did what with the order, oldest first."""
    entries = LogEntry.objects.filter(object_id=str(order.pk)).order_by("pk")
    return [(entry.user.get_username(), entry.get_change_message()) for entry in entries]
