// A shop in one file: starts a payment on the backend and shows what becomes of it.
// Open index.html?api=https://… (the address that the backend prints), or type the address into the page.

const query = new URLSearchParams(location.search);
const apiField = document.querySelector("#api");
const productField = document.querySelector("#product");
const payButton = document.querySelector("#pay");
const statusField = document.querySelector("#status");

// What each state of an order means to the buyer; only pending and processing can still change by themselves.
const STATES = {
  pending: "Waiting for Stripe’s confirmation. If you have paid, please don’t pay again.",
  processing: "Your bank is moving the money. This can take days; please don’t pay again.",
  paid: "Paid. Thank you!",
  failed: "The payment did not go through. Nothing was charged.",
  expired: "The checkout has expired. Nothing was charged.",
  canceled: "The order was canceled. Nothing was charged.",
  partially_refunded: "Paid, and partly refunded.",
  refunded: "Paid, and refunded.",
  disputed: "Paid; the card’s bank has questioned the payment.",
  needs_review: "The payment is being checked by a person. Please don’t pay again.",
};

// Every error of the API by its code. `detail` is the backend’s own sentence about this very case.
const ERRORS = {
  invalid_json: () => "The backend could not read our request (it was not JSON).",
  invalid_request: ({ detail }) => `The backend did not accept the request: ${detail}`,
  unknown_product: () => "This product is not sold any more. Please choose another one.",
  mixed_currencies: () => "These products have different currencies. Please buy them one after the other.",
  amount_too_large: () => "This is more than one payment can hold. Please order less.",
  return_url_not_allowed: () =>
    `The backend does not know this frontend. Add ${location.origin} to FRONTEND_ORIGINS in its .env file.`,
  idempotency_key_expired: () => "This purchase was started too long ago. Please try again.",
  idempotency_key_reused: () => "This purchase was already started with other products. Please try again.",
  order_closed: () => "This purchase is already over. Press Pay again to buy once more.",
  database_unavailable: () => "The shop cannot take orders at the moment. Nothing was charged; please try again.",
  busy: ({ wait }) => `Too many people are paying at this moment. Please try again in ${wait || "a few"} seconds.`,
  not_found: () => "The backend does not know this order. Was its database emptied, or is the address another one?",
  body_too_large: () => "The request was too large.",
  unsupported_media_type: () => "The backend wants JSON.",
  stripe_refused: ({ detail }) => `Stripe refused: ${detail}`,
  stripe_unavailable: () => "Stripe is busy or failing. Nothing was charged; please try again in a moment.",
  stripe_unreachable: () => "The backend cannot reach Stripe at the moment. Nothing was charged; please try again.",
  too_many_requests: ({ wait }) => `Too many tries. Please wait ${wait || "a few"} seconds.`,
  offline: ({ api }) =>
    `No answer from ${api}. Is the backend running, is the address right (tunnels change theirs), and is this PC online?`,
  not_the_api: ({ api }) => `Something answers at ${api}, but it is not this backend (a tunnel’s notice, perhaps).`,
};

apiField.value = query.get("api") ?? sessionStorage.getItem("api") ?? apiField.value; // a download comes filled in
apiField.addEventListener("change", offerProducts);
document.querySelector("#shop").addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
addEventListener("pageshow", () => (payButton.disabled = false)); // also after the back button

if (apiField.value) offerProducts();
if (query.has("order_id")) follow(query.get("order_id"), query.has("canceled"));

async function pay() {
  payButton.disabled = true;
  try {
    const items = productField.value ? [{ sku: productField.value, quantity: 1 }] : [];
    const back = new URL(location.pathname, location.origin); // the backend adds ?order_id=…
    back.searchParams.set("api", apiBase());
    const order = await call("/api/checkout/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": intent(items) },
      body: JSON.stringify({ items, return_url: back.href }),
    });
    location.assign(order.checkout_url);
  } catch (error) {
    payButton.disabled = false;
    if (error.status) sessionStorage.removeItem("intent"); // the next try is a new purchase
    say(inWords(error), "error");
  }
}

// Asks until the order has come to an end: quickly at first, then less often.
async function follow(orderId, canceled) {
  for (let wait = 500; ; wait = Math.min(wait * 1.5, 15_000)) {
    try {
      const order = await call(`/api/orders/${encodeURIComponent(orderId)}/`);
      const left = canceled && order.status === "pending" && order.checkout_url;
      say(left ? "You left the payment page. Nothing was charged." : describe(order), order.status);
      if (!["pending", "processing"].includes(order.status)) return sessionStorage.removeItem("intent");
    } catch (error) {
      say(inWords(error), "error");
      if (error.code === "not_found") return;
      wait = Math.max(wait, 1000 * (error.wait || 2));
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function describe({ status, reason, id }) {
  const why = reason && ["failed", "canceled"].includes(status) ? `\n${reason.message}` : "";
  return `${STATES[status] ?? status}${why}\nOrder ${id}`;
}

async function offerProducts() {
  sessionStorage.setItem("api", apiBase());
  try {
    const { products, default_sku } = await call("/api/products/");
    productField.replaceChildren(...products.map((p) => new Option(`${p.name}, ${money(p)}`, p.sku, false, p.sku === default_sku)));
  } catch (error) {
    say(inWords(error), "error");
  }
}

// One key for one intent: pressing Pay twice, or again after the back button, stays one order.
function intent(items) {
  const cart = JSON.stringify([apiBase(), items]);
  const known = JSON.parse(sessionStorage.getItem("intent"));
  if (known?.cart === cart) return known.key;
  const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
  sessionStorage.setItem("intent", JSON.stringify({ cart, key }));
  return key;
}

// The one way to the backend. Throws { code, detail, wait } with the problem’s stable code.
async function call(path, options = {}) {
  const headers = { ...options.headers, "ngrok-skip-browser-warning": "1" }; // or ngrok’s free plan answers with a web page
  const answer = await fetch(apiBase() + path, { ...options, headers }).catch(() => null);
  if (!answer) throw { code: "offline" };
  const body = await answer.json().catch(() => null);
  if (!body) throw { code: answer.status === 413 ? "body_too_large" : "not_the_api" };
  const wait = Number(answer.headers.get("Retry-After")); // seconds
  if (!answer.ok) throw { code: answer.status === 429 ? "too_many_requests" : "unknown", ...body, wait };
  return body;
}

function apiBase() {
  return apiField.value.trim().replace(/\/+$/, "");
}

function inWords(problem) {
  const words = ERRORS[problem.code] ?? (({ detail, title, code }) => detail ?? title ?? code);
  return words({ ...problem, api: apiBase() });
}

// Stripe counts in minor units; for most currencies Intl knows how many digits that is.
function money({ unit_amount, currency }) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(unit_amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function say(text, kind) {
  if (statusField.textContent !== text) statusField.textContent = text;
  statusField.dataset.kind = kind;
}
