// A shop in one file: starts a payment on the backend and shows what becomes of it.
// Open index.html?api=https://… (the address that the backend prints), or type the address into the page.

const PATIENCE = 20_000; // milliseconds
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
  amount_too_small: ({ detail }) => `The backend cannot charge so little: ${detail}`,
  amount_too_large: () => "This is more than one payment can hold. Please order less.",
  unknown_currency: ({ detail }) => `The backend’s product has a wrong price: ${detail}`,
  invalid_amount: ({ detail }) => `The backend’s product has a wrong price: ${detail}`,
  invalid_customer_email: () => "Stripe does not accept this email address. Please correct it.",
  return_url_not_allowed: () =>
    `The backend does not know this frontend. Add ${location.origin} to FRONTEND_ORIGINS in its .env file.`,
  host_not_allowed: ({ api }) =>
    `The backend does not know that it is reached as ${api}. Set PUBLIC_URL to this address in its .env file.`,
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
    `No answer from ${api}. Is the backend running, and the address right (tunnels change theirs)? Does its PC’s ` +
    `firewall let the port in? If its .env sets FRONTEND_ORIGINS, is ${location.origin} one of them?`,
  mixed: () => "This page came by https, from where browsers call no http address. Use the tunnel’s (https://…).",
  not_the_api: ({ api }) => `Something answers at ${api}, but it is not this backend (a tunnel’s notice, perhaps).`,
};

apiField.value = query.get("api") ?? apiField.value; // a download comes filled in
apiField.addEventListener("change", () => {
  say("", ""); // it was about another address
  offerProducts();
  history.replaceState(null, "", `?${new URLSearchParams({ api: apiBase() })}`); // survives a reload, and can be shared
});
document.querySelector("#shop").addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
addEventListener("pageshow", () => (payButton.disabled = false)); // also after the back button

offerProducts();
if (query.has("order_id")) follow(query.get("order_id"), query.has("canceled"));

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

// Where the buyer comes back to; the backend adds ?order_id=…. A page opened as a file has no address: then the
// backend’s own page takes its place.
function thisPage() {
  if (location.protocol === "file:") return "";
  return `${location.origin}${location.pathname}?${new URLSearchParams({ api: apiBase() })}`;
}

async function offerProducts() {
  if (!apiBase()) return;
  productField.replaceChildren(new Option("Asking the backend …", ""));
  try {
    const { products, default_sku } = await call("/api/products/");
    productField.replaceChildren(...products.map((p) => new Option(`${p.name}, ${money(p)}`, p.sku, false, p.sku === default_sku)));
  } catch (error) {
    productField.replaceChildren(new Option("One default product", ""));
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
  const signal = AbortSignal.timeout(PATIENCE); // a firewall that drops our packets would keep us waiting for minutes
  const answer = await fetch(apiBase() + path, { ...options, headers, signal }).catch(() => null);
  if (!answer) throw { code: location.protocol === "https:" && apiBase().startsWith("http:") ? "mixed" : "offline" };
  const body = await answer.json().catch(() => null);
  if (!body) throw { code: answer.status === 413 ? "body_too_large" : "not_the_api" };
  const wait = Number(answer.headers.get("Retry-After")); // seconds
  if (!answer.ok) throw { code: answer.status === 429 ? "too_many_requests" : "unknown", ...body, wait };
  return body;
}

// What was typed or pasted, as an address: without a path, and with the https:// that people leave out. An address
// with a port is one of the network, where there is no https.
function apiBase() {
  const typed = apiField.value.trim();
  const scheme = /^https?:\/\//i.test(typed) ? "" : /:\d+(\/|$)/.test(typed) ? "http://" : "https://";
  return typed && URL.canParse(scheme + typed) ? new URL(scheme + typed).origin : typed;
}

function inWords(problem) {
  const words = ERRORS[problem.code] ?? (({ detail, title, code }) => detail ?? title ?? code);
  return words({ ...problem, api: apiBase() });
}

// Amounts come in minor units, of which `currency_digits` are decimals (Stripe's count, which can differ from the
// browser's). A whole amount is shown as the browser is used to: UGX 5, $20.00.
function money({ unit_amount, currency, currency_digits }) {
  const style = { style: "currency", currency };
  const usual = new Intl.NumberFormat(undefined, style).resolvedOptions().maximumFractionDigits;
  const shown = unit_amount % 10 ** currency_digits ? currency_digits : Math.min(usual, currency_digits);
  const digits = { minimumFractionDigits: shown, maximumFractionDigits: shown };
  return new Intl.NumberFormat(undefined, { ...style, ...digits }).format(unit_amount / 10 ** currency_digits);
}

function say(text, kind) {
  if (statusField.textContent !== text) statusField.textContent = text;
  statusField.dataset.kind = kind;
}
