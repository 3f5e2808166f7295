"""Emails: the receipt and refunds for the buyer, and what needs a person for the shop.

The buyer's are in the buyer's language, the shop's in SHOP_LANGUAGE.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from app.payments.currencies import localize_amount
from app.payments.models import Fulfillment, Message, Order
from app.payments.stripe.events import due_by
from app.web.branding import branding

LISTED = 10  # dead letters of each kind in an email
Rows = list[tuple[str, str]]  # names and values


@dataclass
class Content:
    """What an email says, as HTML and as text."""

    subject: str
    title: str
    text: str
    link: str
    link_text: str
    lines: Rows = field(default_factory=list)
    totals: Rows = field(default_factory=list)
    facts: Rows = field(default_factory=list)


def send_receipt(order: Order, *, again: bool = False) -> None:
    """Send a paid order's receipt to the buyer's address; `again` sends another copy of one that was sent before.

    Raises OSError if the mail server does not take it.
    """
    # Mail servers drop a second message with the same id.
    copy = f"-{uuid.uuid4()}" if again else ""
    with translation.override(order.language or settings.LANGUAGE_CODE):
        _deliver(_receipt(order), order.customer_email, f"receipt-{order.pk}{copy}")


def send(message: Message) -> None:
    """Send a message of the outbox, unless there is nothing to tell any more. Raises OSError like `send_receipt`."""
    order, to_buyer = message.order, message.channel == Message.Channel.BUYER
    with translation.override((to_buyer and order.language) or settings.LANGUAGE_CODE):
        content = CONTENTS[Message.Type(message.type)](message)
        to = order.customer_email if to_buyer else settings.SUPPORT_EMAIL or settings.DEFAULT_FROM_EMAIL
        if content and to:
            _deliver(content, to, str(message.pk))


def _deliver(content: Content, to: str, message_id: str) -> None:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    context = {"email": content, **branding()}
    message = EmailMultiAlternatives(
        subject=content.subject,
        body=render_to_string("emails/email.txt", context),
        from_email=formataddr((name or settings.SHOP_NAME, address)),
        to=[to],
        reply_to=[settings.SUPPORT_EMAIL] if settings.SUPPORT_EMAIL else None,
        headers={
            "Message-ID": f"<{message_id}@shop.invalid>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies
            "Content-Language": translation.get_language() or "",
        },
    )
    message.attach_alternative(render_to_string("emails/email.html", context), "text/html")
    message.send()


# To the buyer ------------------------------------------------------------------------------------------------------


def _receipt(order: Order) -> Content:
    total = localize_amount(order.amount_paid, order.currency)
    totals = [*order.surcharges, (_("Total"), order.amount_paid)]
    if order.tax_included:
        totals.append((_("Tax included"), order.tax_included))
    facts = [(_("Order number"), str(order.pk))]
    if order.paid_at:
        facts.insert(0, (_("Paid"), formats.date_format(order.paid_at, "DATE_FORMAT")))
    if order.shipping_lines:
        facts.append((_("Shipping address"), ", ".join(order.shipping_lines)))
    return Content(
        subject=_("Your receipt: %(amount)s") % {"amount": total},
        title=_("Thank you for your order"),
        text=_("We have received your payment."),
        lines=_sums(order, [(f"{item.quantity} × {item.name}", item.sum) for item in order.lines]),
        totals=_sums(order, totals),
        facts=facts,
        link=order.buyer_url,
        link_text=_("View your order"),
    )


def _refund(message: Message) -> Content:
    order = message.order
    refund = localize_amount(message.amount, order.currency)
    totals = [(_("Paid"), order.amount_paid), (_("Refunded in total"), order.amount_refunded)]
    return Content(
        subject=_("Your refund: %(amount)s") % {"amount": refund},
        title=_("We have refunded %(amount)s") % {"amount": refund},
        text=_("It usually takes five to ten days for the money to appear on your statement."),
        totals=_sums(order, totals),
        facts=[(_("Order number"), str(order.pk))],
        link=order.buyer_url,
        link_text=_("View your order"),
    )


def _sums(order: Order, amounts: Iterable[tuple[str, int]]) -> Rows:
    return [(name, localize_amount(amount, order.currency)) for name, amount in amounts]


# To the shop -------------------------------------------------------------------------------------------------------


def _dispute(message: Message) -> Content:
    text = _("A buyer’s bank has questioned this payment. Respond in Stripe’s dashboard before the date shown.")
    return _about_dispute(message.order, _("Dispute"), text)


def _inquiry(message: Message) -> Content:
    text = _(
        "A buyer’s bank asks about this payment. If you don’t respond in Stripe’s dashboard, it may become a dispute."
    )
    return _about_dispute(message.order, _("Inquiry"), text)


def _about_dispute(order: Order, what: str, text: str) -> Content:
    opened = order.events.filter(type="charge.dispute.created").first()
    dispute = opened.stripe_object if opened else {}
    facts = []
    if reason := str(dispute.get("reason") or ""):
        facts.append((_("Reason"), reason.replace("_", " ")))
    if due := due_by(dispute):
        facts.append((_("Respond by"), f"{formats.date_format(due, 'DATETIME_FORMAT')} UTC"))
    return _about_order(order, what, text, facts)


def _review(message: Message) -> Content:
    return _about_order(
        message.order,
        _("Review needed"),
        _("Stripe’s data does not match this order, so it is not fulfilled. Accept it, refund it or cancel it."),
        [(_("Reason"), message.order.reason)],
    )


def _failed_refund(message: Message) -> Content:
    return _about_order(
        message.order,
        _("Refund failed"),
        _("The buyer did not get this refund. The money is back in your Stripe balance: send it in another way."),
        [],
        message.amount,
    )


def _about_order(order: Order, what: str, text: str, facts: Rows, amount: int | None = None) -> Content:
    title = f"{what}: {localize_amount(order.amount_due if amount is None else amount, order.currency)}"
    facts = [*facts, (_("Customer"), order.customer_email or "–"), (_("Order number"), str(order.pk))]
    if order.reference:
        facts.append((_("Reference"), order.reference))
    return Content(
        subject=title,
        title=title,
        text=text,
        facts=facts,
        link=_admin_url(reverse("admin:payments_order_change", args=[order.pk])),
        link_text=_("Open the order"),
    )


def _dead_letters(message: Message) -> Content | None:
    """Return all dead letters there are when the email is sent; None if somebody has taken care of them."""
    fulfillments = Fulfillment.objects.filter(status=Fulfillment.Status.DEAD).order_by("-next_attempt_at")
    messages = Message.objects.filter(status=Message.Status.DEAD).order_by("-next_attempt_at")
    count = fulfillments.count() + messages.count()
    if not count:
        return None
    facts = [(_("Fulfillment of order %(order)s") % {"order": row.pk}, row.error) for row in fulfillments[:LISTED]]
    facts += [(f"{row.type} {row.channel} {row.order_id}", row.error) for row in messages[:LISTED]]
    failed = ngettext("%(count)s delivery failed", "%(count)s deliveries failed", count) % {"count": count}
    return Content(
        subject=failed,
        title=failed,
        text=_("These fulfillments, emails or webhooks failed on every attempt. Fix the error shown, then retry them."),
        facts=facts,
        link=_admin_url(reverse("admin:index")),
        link_text=_("Open the admin"),
    )


def _admin_url(path: str) -> str:
    """Return the admin's URL for the people who run the shop: the public one only if it is open."""
    public = settings.PUBLIC_URL and settings.PUBLIC_ADMIN
    return (settings.PUBLIC_URL if public else f"http://localhost:{settings.PORT}") + path


CONTENTS: dict[Message.Type, Callable[[Message], Content | None]] = {
    Message.Type.REFUNDED: _refund,
    Message.Type.INQUIRY: _inquiry,
    Message.Type.DISPUTED: _dispute,
    Message.Type.NEEDS_REVIEW: _review,
    Message.Type.REFUND_FAILED: _failed_refund,
    Message.Type.DEAD_LETTERS: _dead_letters,
}
