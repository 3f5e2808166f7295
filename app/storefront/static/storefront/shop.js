// The shop page: quantities, the total, and the redirect to the payment page.

const { formatMoney } = globalThis.storefront;
const form = document.querySelector("#shop");
const texts = JSON.parse(form?.dataset.texts ?? "{}"); // in the page's language; those of errors by their code
const STORAGE_KEY = "storefront.intent";
const TIMEOUT = 30_000; // milliseconds

if (form) start();

function start() {
  const inputs = [...form.querySelectorAll("input[data-sku]")];
  const pay = form.querySelector("#pay");
  const total = form.querySelector("#total");

  for (const button of form.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => step(button));
  }
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (pay.getAttribute("aria-busy") !== "true") checkout();
  });
  // The back button must not show a page that is still busy.
  addEventListener("pageshow", () => {
    busy(false);
    show();
  });
  show();

  function step(button) {
    const input = button.parentElement.querySelector("input");
    if (Number(button.dataset.step) > 0) input.stepUp();
    else input.stepDown();
    show();
  }

  function show() {
    const chosen = inputs.filter((input) => input.valueAsNumber > 0);
    const currencies = new Set(chosen.map((input) => input.dataset.currency));
    const mixed = currencies.size > 1;
    for (const input of inputs) {
      const [less, more] = input.parentElement.querySelectorAll("[data-step]");
      less.disabled = input.valueAsNumber <= Number(input.min);
      more.disabled = input.valueAsNumber >= Number(input.max);
      input.closest(".product").classList.toggle("chosen", chosen.includes(input));
    }
    const sum = mixed || !chosen.length ? "" : formatSum(chosen);
    const count = chosen.reduce((whole, input) => whole + input.valueAsNumber, 0);
    total.hidden = inputs.length === 1 || !sum;
    total.textContent = count === 1 ? texts.one_item : texts.items.replace("{count}", count);
    pay.querySelector(".button-text").textContent = sum ? texts.pay_sum.replace("{sum}", () => sum) : texts.pay;
    pay.disabled = !sum;
    showProblem(mixed ? texts.mixed_currencies : "");
  }

  async function checkout() {
    busy(true);
    showProblem("");
    try {
      const items = inputs
        .filter((input) => input.valueAsNumber > 0)
        .map((input) => ({ sku: input.dataset.sku, quantity: input.valueAsNumber }));
      location.assign(await openCheckout(items, pay.textContent));
    } catch (error) {
      busy(false);
      showProblem(messageFor(error));
    }
  }

  function busy(on) {
    pay.setAttribute("aria-busy", String(on));
  }
}

function formatSum(inputs) {
  const sum = inputs.reduce((whole, input) => whole + Number(input.dataset.unitAmount) * input.valueAsNumber, 0);
  const { currency, digits } = inputs[0].dataset;
  return formatMoney(sum, currency, Number(digits));
}

// One cart is one order. While it is unpaid, Pay returns to the checkout that is already open: after the back button,
// after a reload, and in another tab. A changed cart, a changed price or a paid order starts a new one.
async function openCheckout(items, price) {
  const cart = JSON.stringify([items, price]);
  let intent = loadIntent();
  if (intent?.cart === cart && intent.status_path) {
    const order = await request(intent.status_path).catch(() => null);
    if (order?.checkout_url) return order.checkout_url;
    intent = null;
  }
  if (intent?.cart !== cart) intent = { cart, key: crypto.randomUUID?.() ?? randomKey() };
  saveIntent(intent); // before the call: if the response is lost, the next attempt uses the same key
  const response = await request(form.dataset.checkout, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": intent.key },
    body: JSON.stringify({ items }),
  }).catch((error) => {
    // An error of the API: this order can't be paid, so the next attempt uses a new key. (Stripe replays an error for
    // the same key.) No response, or a proxy's: the order may exist, so the next attempt uses this key again.
    if (error.code) saveIntent(null);
    throw error;
  });
  saveIntent({ ...intent, status_path: new URL(response.status_url).pathname });
  return response.checkout_url;
}

// crypto.randomUUID exists only on https and localhost; this page is also used over plain http in a LAN.
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function request(url, options = {}) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT) });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw Object.assign(new Error(body.code ?? "unknown"), {
    status: response.status,
    code: body.code,
    detail: body.detail ?? body.title,
    wait: response.headers.get("Retry-After"),
  });
}

function messageFor({ status, code, detail, wait }) {
  if (!status) return texts.unreachable;
  if (status === 429) return texts.too_many_requests.replace("{seconds}", wait ?? 60);
  if (status >= 500 || !detail) return texts.unavailable;
  return texts[code] ?? detail;
}

function showProblem(text) {
  const problem = document.querySelector("#problem");
  problem.textContent = text;
  problem.hidden = !text;
}

// Storage can be disabled; then every click on Pay creates a new order.
function loadIntent() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY));
  } catch {
    return null;
  }
}

function saveIntent(intent) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(intent));
  } catch {
    // see above
  }
}
