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
    const session = await stripe.checkout.sessions.create(
        {
            mode: "payment",
            line_items: [{ price: price.id, quantity: 2 }],
            client_reference_id: "order-1",
            success_url: "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
        },
        { idempotencyKey: "order-1" },
    );
    assert.strictEqual(session.amount_total, 4000);
    await pay(session);
    assert.strictEqual((await completed).data.object.id, session.id);

    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent.latest_charge", "line_items"] });
    assert.strictEqual(paid.payment_status, "paid");
    assert.strictEqual(paid.line_items.data[0].description, "T-shirt");
    const charge = paid.payment_intent.latest_charge;
    assert.strictEqual(charge.payment_method_details.card.last4, "4242");

    const refund = await stripe.refunds.create({ payment_intent: paid.payment_intent.id });
    assert.strictEqual(refund.status, "succeeded");
    assert.strictEqual((await refunded).data.object.amount_refunded, 4000);
    await assert.rejects(stripe.refunds.create({ charge: charge.id }), { code: "charge_already_refunded" });

    let events = 0;
    for await (const event of stripe.events.list({ limit: 2 })) events += event.object === "event" ? 1 : 0;
    assert.ok(events >= 6);
    await stripe.webhookEndpoints.del(registered.id);
    shop.close();
    console.log(`stripe-node ${Stripe.PACKAGE_VERSION}: paid, refunded, ${events} events, each signature verified`);
}

main();
