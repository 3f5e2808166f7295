// Uses the official Node package from create to refund, as any shop would. Usage: stripe_node.cjs URL KEY
const assert = require("node:assert");
const http = require("node:http");
const Stripe = require("stripe");

const [, , url, key] = process.argv;
const { hostname: host, port } = new URL(url);
const stripe = new Stripe(key, { host, port, protocol: "http", telemetry: false });

// A webhook endpoint that verifies signatures; expect() resolves with the next event of the type.
function endpoint() {
    const waiting = new Map();
    let secret = null;
    const server = http.createServer((request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            const event = stripe.webhooks.constructEvent(Buffer.concat(parts), request.headers["stripe-signature"], secret);
            response.end();
            waiting.get(event.type)?.(event);
        });
    });
    return {
        expect: (type) => new Promise((resolve) => waiting.set(type, resolve)),
        use: (value) => { secret = value; },
        close: () => { server.close(); server.closeAllConnections(); },
        listen: () => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port))),
    };
}

// Submits the hosted page's form, as a buyer does.
async function pay(session) {
    const card = {
        "email": "jenny@example.com", "method": "card", "card-number": "4242424242424242",
        "card-expiry": "12 / 40", "card-cvc": "123", "card-name": "Jenny Rosen",
    };
    const answer = await fetch(`${session.url}/confirm`, { method: "POST", body: new URLSearchParams(card), redirect: "manual" });
    assert.strictEqual(answer.status, 303);
    assert.ok(answer.headers.get("location").startsWith("https://shop.test/done"));
}

async function main() {
    const shop = endpoint();
    const completed = shop.expect("checkout.session.completed");
    const refunded = shop.expect("charge.refunded");
    const registered = await stripe.webhookEndpoints.create({
        url: `http://127.0.0.1:${await shop.listen()}/hook`,
        enabled_events: ["checkout.session.completed", "charge.refunded"],
    });
    shop.use(registered.secret);

    const product = await stripe.products.create({ name: "T-shirt", metadata: { color: "red" } });
    const price = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 2000 });
    const coupon = await stripe.coupons.create({ percent_off: 25 });
    const code = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id } });
    const tax = await stripe.taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
    const rate = await stripe.shippingRates.create({
        display_name: "Post", type: "fixed_amount", fixed_amount: { amount: 500, currency: "usd" },
    });
    const session = await stripe.checkout.sessions.create(
        {
            mode: "payment",
            line_items: [{ price: price.id, quantity: 2, tax_rates: [tax.id] }],
            discounts: [{ promotion_code: code.id }],
            shipping_options: [{ shipping_rate: rate.id }],
            invoice_creation: { enabled: true },
            client_reference_id: "order-1",
            success_url: "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
        },
        { idempotencyKey: "order-1" },
    );
    // 40.00 less a quarter, 20 % of that, and 5.00.
    assert.strictEqual(session.amount_total, 4100);
    await pay(session);
    assert.strictEqual((await completed).data.object.id, session.id);

    const paid = await stripe.checkout.sessions.retrieve(session.id, {
        expand: ["payment_intent.latest_charge", "line_items", "invoice", "total_details.breakdown"],
    });
    assert.strictEqual(paid.payment_status, "paid");
    assert.strictEqual(paid.line_items.data[0].description, "T-shirt");
    assert.strictEqual(paid.total_details.breakdown.taxes[0].amount, 600);
    assert.deepStrictEqual([paid.invoice.status, paid.invoice.total], ["paid", 4100]);
    const charge = paid.payment_intent.latest_charge;
    assert.strictEqual(charge.payment_method_details.card.last4, "4242");

    const refund = await stripe.refunds.create({ payment_intent: paid.payment_intent.id });
    assert.strictEqual(refund.status, "succeeded");
    assert.strictEqual((await refunded).data.object.amount_refunded, 4100);
    await assert.rejects(stripe.refunds.create({ charge: charge.id }), { code: "charge_already_refunded" });

    let events = 0;
    for await (const event of stripe.events.list({ limit: 2 })) events += event.object === "event" ? 1 : 0;
    assert.ok(events >= 6);
    await stripe.webhookEndpoints.del(registered.id);
    shop.close();
    console.log(`stripe-node ${Stripe.PACKAGE_VERSION}: paid, refunded, ${events} events, each signature verified`);
}

main();
