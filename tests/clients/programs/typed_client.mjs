// Buys with examples/typescript/payments.ts, compiled to JavaScript: node typed_client.mjs PAYMENTS_JS API
// Prints the payment page's URL, then the order's status at each change, and at last what was paid.

import { pathToFileURL } from "node:url";

const [file, api] = process.argv.slice(2);
const { formatMoney, Payments, PaymentsError } = await import(pathToFileURL(file).href);
const payments = new Payments(`${api}/`);

const { default_sku, products } = await payments.listProducts();
const product = products.find(({ sku }) => sku === default_sku);
const request = { items: [{ sku: product.sku }], reference: "cart-17", metadata: { user: "42" } };
const { checkout_url, order_id } = await payments.createCheckout(request, `typed-${process.pid}-${Date.now()}`);
console.log(checkout_url);

const refused = await payments.createCheckout({ items: [{ sku: "no-such-thing" }] }, "refused").catch((error) => error);
if (!(refused instanceof PaymentsError) || refused.code !== "unknown_product") throw new Error(String(refused));
const nobody = await new Payments("http://127.0.0.1:9").listProducts().catch((error) => error);
if (nobody.code !== "no_response" || !nobody.isTemporary) throw new Error(String(nobody));

let order;
for await (order of payments.followOrder(order_id)) console.log(order.status);
console.log(`${formatMoney(order.amount_paid, order, "en-US")} ${order.reference} ${order.metadata.user}`);
