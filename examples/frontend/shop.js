// A shop in one file: starts a payment on the backend and shows its status.
// Open index.html?api=https://… (the address that the backend prints), or enter the address on the page.

const TIMEOUT = 20_000; // milliseconds
const LONG_POLL = 15; // seconds; less than TIMEOUT
const query = new URLSearchParams(location.search);
const apiField = document.querySelector("#api");
const productField = document.querySelector("#product");
const payButton = document.querySelector("#pay");
const statusField = document.querySelector("#status");

// The buyer’s text for each status. Only pending and processing are polled.
const STATES = {
  pending: "Waiting for Stripe’s confirmation. If you have already paid, please don’t pay again.",
  processing: "Your bank is transferring the money. This can take days; please don’t pay again.",
  paid: "Paid. Thank you!",
  failed: "The payment did not go through.",
  expired: "The checkout has expired.",
  canceled: "The order was canceled.",
  partially_refunded: "Paid and partially refunded.",
  refunded: "Paid and refunded.",
  disputed: "Paid; the bank that issued the card is disputing the payment.",
  needs_review: "The payment is under manual review. Please don’t pay again.",
};

// A message for every error code. `detail` is the backend’s own explanation of this error.
const ERRORS = {
  bad_request: ({ detail }) => `The backend rejected the request: ${detail}`,
  invalid_json: () => "The backend could not parse the request as JSON.",
  invalid_request: ({ detail }) => `The backend rejected the request: ${detail}`,
  unknown_product: () => "This product is no longer available. Please choose another one.",
  mixed_currencies: () => "These products use different currencies. Please buy them separately.",
  no_shipping_option: ({ detail }) => `The shop can’t ship this order: ${detail}`,
  amount_too_small: ({ detail }) => `The amount is too small: ${detail}`,
  amount_too_large: () => "The amount is too large for one payment. Please order less.",
  unknown_currency: ({ detail }) => `The product has an invalid price: ${detail}`,
  invalid_amount: ({ detail }) => `The product has an invalid price: ${detail}`,
  invalid_customer_email: () => "Stripe rejected this email address. Please correct it.",
  return_url_not_allowed: () =>
    `The backend does not allow this frontend. Add ${location.origin} to FRONTEND_ORIGINS in its .env file.`,
  host_not_allowed: ({ api }) =>
    `The backend does not accept the host name of ${api}. Set PUBLIC_URL to this address in its .env file.`,
  idempotency_key_expired: () => "This purchase has expired. Please try again.",
  idempotency_key_reused: () => "This purchase was started with other products. Please try again.",
  order_closed: () => "This purchase is complete. Click Pay again to place a new order.",
  database_unavailable: () => "The shop can’t take orders right now. Please try again in a few seconds.",
  busy: ({ wait }) => `Too many people are paying right now. Please try again in ${wait || "a few"} seconds.`,
  not_found: () => "Order not found. Was the backend’s database reset, or did its address change?",
  method_not_allowed: ({ detail }) => detail,
  internal_server_error: () => "The backend failed to handle the request; its log has the error. Please try again.",
  body_incomplete: () => "The request did not arrive completely. Please try again.",
  body_too_large: () => "The request was too large.",
  length_required: () => "The request arrived without a Content-Length: a proxy in between streams it.",
  unsupported_media_type: () => "The backend only accepts JSON.",
  stripe_refused: ({ detail }) => `Stripe rejected the request: ${detail}`,
  stripe_unavailable: () => "Stripe is unavailable. Please try again in a moment.",
  stripe_unreachable: () => "The backend can’t reach Stripe right now. Please try again in a few seconds.",
  too_many_requests: ({ wait }) => `Too many attempts. Please try again in ${wait || "a few"} seconds.`,
  offline: ({ api }) =>
    `No response from ${api}. Is the backend running, and is the address correct (a tunnel’s can change)? Does its ` +
    "firewall allow the port?",
  origin_not_allowed: () => `The backend’s FRONTEND_ORIGINS (.env) does not include this page: ${allowThisPage()}.`,
  unreadable: ({ api }) =>
    `${api} responds, but not to this page. If it is a tunnel, is it still up (its name may have changed)? If the ` +
    `backend’s .env sets FRONTEND_ORIGINS, ${allowThisPage()}.`,
  mixed: () =>
    "This page was loaded over https, and browsers block its calls to an http address. Use the tunnel’s URL (https://…).",
  not_the_api: ({ api }) => `${api} responds, but not with this backend’s API (it may be a tunnel’s warning page).`,
};

apiField.value = query.get("api") ?? apiField.value; // a downloaded copy has it filled in
apiField.addEventListener("change", () => {
  say("", ""); // the previous message was about another address
  query.set("api", apiBase());
  history.replaceState(null, "", `?${query}`); // survives a reload and can be shared
  offerProducts();
  followOrder(); // the backend may have a new address
});
document.querySelector("#shop").addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
addEventListener("pageshow", () => (payButton.disabled = false)); // also after the back button

offerProducts();
followOrder();

async function pay() {
  payButton.disabled = true;
  try {
    const items = productField.value ? [{ sku: productField.value, quantity: 1 }] : undefined; // one default product
    const order = await call("/api/checkout/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": intent(items) },
      body: JSON.stringify({ items, return_url: thisPage() }),
    });
    location.assign(order.checkout_url);
  } catch (error) {
    payButton.disabled = false;
    if (error.status) sessionStorage.removeItem("intent"); // the next attempt is a new purchase
    say(messageFor(error), "error");
  }
}

// Follows the order that the buyer returned from until its status is final. From the second call on, the backend
// responds when the order changes; while too many others wait, it responds at once, so the calls become less frequent.
async function followOrder() {
  if (!query.has("order_id")) return;
  const api = apiBase();
  const path = `/api/orders/${encodeURIComponent(query.get("order_id"))}/`;
  for (let wait = 500, first = true; api === apiBase(); wait = Math.min(wait * 1.5, 15_000), first = false) {
    const began = Date.now();
    try {
      const order = await call(first ? path : `${path}?wait=${LONG_POLL}`);
      const left = query.has("canceled") && order.status === "pending" && order.checkout_url;
      say(left ? "You left the payment page. The order has not been paid." : describe(order), order.status);
      if (!["pending", "processing"].includes(order.status)) return sessionStorage.removeItem("intent");
      if (Date.now() - began > 1000) wait = 500;
    } catch (error) {
      if (api !== apiBase()) return; // followed at its new address
      say(messageFor(error), "error");
      if (error.code === "not_found") return;
      wait = Math.max(wait, 1000 * (error.wait || 2));
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function describe(order) {
  const { status, reason, id } = order;
  const why = reason && ["failed", "canceled"].includes(status) ? `\n${reason.message}` : "";
  return `${STATES[status] ?? status}${why}${amounts(order)}\nOrder ${id}`;
}

// What was paid, and how it differs from the catalog’s prices.
function amounts(order) {
  const rows = { Discount: -order.amount_discount, Shipping: order.amount_shipping, Tax: order.amount_tax };
  if (order.paid_at) Object.assign(rows, { Paid: order.amount_paid, Refunded: order.amount_refunded });
  const shown = Object.entries(rows).filter(([name, amount]) => amount || name === "Paid");
  return shown.map(([name, amount]) => `\n${name}: ${money(amount, order)}`).join("");
}

// The page that the buyer returns to; the backend adds ?order_id=…. A page opened as a file has no URL: the backend’s
// own return page is used instead.
function thisPage() {
  if (location.protocol === "file:") return "";
  return `${location.origin}${location.pathname}?${new URLSearchParams({ api: apiBase() })}`;
}

async function offerProducts() {
  if (!apiBase()) return;
  productField.replaceChildren(new Option("Loading products …", ""));
  try {
    const { products, default_sku } = await call("/api/products/");
    productField.replaceChildren(...products.map((p) => new Option(`${p.name}, ${money(p.unit_amount, p)}`, p.sku, false, p.sku === default_sku)));
  } catch (error) {
    productField.replaceChildren(new Option("One default product", ""));
    say(messageFor(error), "error");
  }
}

// One key per cart: clicking Pay twice, or again after the back button, creates one order.
function intent(items) {
  const cart = JSON.stringify([apiBase(), items]);
  const known = JSON.parse(sessionStorage.getItem("intent"));
  if (known?.cart === cart) return known.key;
  const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
  sessionStorage.setItem("intent", JSON.stringify({ cart, key }));
  return key;
}

// Calls the backend. Throws { code, detail, wait } with the problem’s stable code.
async function call(path, options = {}) {
  const headers = { ...options.headers, "ngrok-skip-browser-warning": "1" }; // skips ngrok’s browser warning
  const signal = AbortSignal.timeout(TIMEOUT); // a firewall that drops packets would block for minutes
  if (isMixed(apiBase())) throw { code: "mixed" }; // the browser would only say that it failed
  const response = await fetch(apiBase() + path, { ...options, headers, signal }).catch(() => null);
  if (!response) throw { code: (await isUp()) ? "unreadable" : "offline" };
  const body = await response.json().catch(() => null);
  if (!body) throw { code: response.status === 413 ? "body_too_large" : "not_the_api" };
  const wait = Number(response.headers.get("Retry-After")); // seconds
  if (!response.ok) throw { code: response.status === 429 ? "too_many_requests" : "unknown", ...body, wait };
  return body;
}

// Returns whether browsers block calls from this page to `api` as mixed content; http://localhost is the exception.
function isMixed(api) {
  const isLocal = /^http:\/\/(localhost|[^:]+\.localhost|127\.[\d.]+|\[::1\])(:|$)/.test(api);
  return location.protocol === "https:" && api.startsWith("http:") && !isLocal;
}

// Returns whether anything responds at the address, even if this page may not read the response.
async function isUp() {
  const options = { mode: "no-cors", signal: AbortSignal.timeout(TIMEOUT) };
  return fetch(`${apiBase()}/healthz`, options).then(() => true, () => false);
}

// Returns how to allow this page. A page opened as a file has no origin that could be listed.
function allowThisPage() {
  if (location.protocol !== "file:") return `add ${location.origin} to it`;
  return "it can’t list a page that was opened as a file: run “python -m http.server 5500” in this folder, add " +
    "http://localhost:5500 to it, and open that address";
}

// Returns the entered address without a path. A missing scheme is added: https://, or http:// for an address with a port,
// which is usually on the local network.
function apiBase() {
  const typed = apiField.value.trim();
  const scheme = /^https?:\/\//i.test(typed) ? "" : /:\d+(\/|$)/.test(typed) ? "http://" : "https://";
  return typed && URL.canParse(scheme + typed) ? new URL(scheme + typed).origin : typed;
}

function messageFor(problem) {
  const words = ERRORS[problem.code] ?? (({ detail, title, code }) => detail ?? title ?? code);
  return words({ ...problem, api: apiBase() });
}

// Amounts are in minor units with `currency_digits` decimal places (Stripe's number, which can differ from the
// browser's). Whole amounts use the browser's usual format: UGX 5, $20.00.
function money(amount, { currency, currency_digits }) {
  const style = { style: "currency", currency };
  const usual = new Intl.NumberFormat(undefined, style).resolvedOptions().maximumFractionDigits;
  const shown = amount % 10 ** currency_digits ? currency_digits : Math.min(usual, currency_digits);
  const digits = { minimumFractionDigits: shown, maximumFractionDigits: shown };
  return new Intl.NumberFormat(undefined, { ...style, ...digits }).format(amount / 10 ** currency_digits);
}

function say(text, kind) {
  if (statusField.textContent !== text) statusField.textContent = text;
  statusField.dataset.kind = kind;
}
