// The return page: polls the order until its status is final, and shows the server's text for it.

const { localize } = globalThis.storefront;
const order = document.querySelector("#order");
const offline = document.querySelector("#offline");
const FIRST_WAIT = 500; // milliseconds
const MAX_WAIT = 15_000;
const STILL_WAITING_AFTER = 20_000;
const TIMEOUT = 15_000;

let wait = FIRST_WAIT;
let timer = 0;
let polling = false;

offerCopy();
if (order.dataset.final !== "true") {
  timer = setTimeout(poll, 0);
  setTimeout(() => document.querySelector("#still-waiting")?.removeAttribute("hidden"), STILL_WAITING_AFTER);
  // Poll immediately when the page becomes visible, or the connection returns.
  document.addEventListener("visibilitychange", pollNow);
  addEventListener("pageshow", (event) => event.persisted && pollNow());
  addEventListener("online", pollNow);
}

function pollNow() {
  if (document.hidden || polling || order.dataset.final === "true") return;
  clearTimeout(timer);
  wait = FIRST_WAIT;
  poll();
}

async function poll() {
  polling = true;
  let pause = wait;
  try {
    const current = await get(order.dataset.api, "json");
    if (version(current) !== order.dataset.version) await refresh();
    offline.hidden = true;
  } catch (error) {
    if (error.status === 404 && error.isOurs) return location.reload(); // the server has a page for this
    pause = Math.max(wait, 1000 * (error.retryAfter ?? 2));
    offline.hidden = false;
  } finally {
    polling = false;
  }
  wait = Math.min(wait * 1.4, MAX_WAIT);
  // A hidden page stops polling until it becomes visible.
  if (order.dataset.final !== "true" && !document.hidden) timer = setTimeout(poll, pause);
}

async function get(url, kind) {
  const response = await fetch(url, {
    cache: "no-store",
    headers: { "ngrok-skip-browser-warning": "1" },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.ok) return response[kind]();
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  // While a tunnel is down, its provider returns 404 in our place.
  const isOurs = (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
  throw Object.assign(new Error(response.statusText), { status: response.status, retryAfter, isOurs });
}

// The same as views.order_version: the page depends on nothing else.
function version({ status, amount_refunded, reason, checkout_url }) {
  return [status, amount_refunded, reason?.code ?? "", checkout_url ? "open" : ""].join("|");
}

// The server renders the text for browsers with and without JavaScript: copy the parts of its page.
async function refresh() {
  const page = new DOMParser().parseFromString(await get(location.href, "text"), "text/html");
  const fresh = page.querySelector("#order");
  if (!fresh) throw new Error("not the return page");
  localize(fresh);
  const hadFocus = order.querySelector("#actions").contains(document.activeElement);
  for (const part of ["emblem", "state", "actions", "amounts"]) {
    order.querySelector(`#${part}`).replaceChildren(...fresh.querySelector(`#${part}`).childNodes);
  }
  if (!fresh.querySelector("#still-waiting")) document.querySelector("#still-waiting")?.remove();
  Object.assign(order.dataset, fresh.dataset);
  document.title = page.title;
  if (hadFocus) order.querySelector("#state").focus();
}

function offerCopy() {
  const button = document.querySelector("#copy");
  const id = document.querySelector("#order-id");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(id.textContent);
      button.lastElementChild.textContent = button.dataset.copied;
    } catch {
      // There is no clipboard API on plain http: select the text, so that the user can copy it.
      getSelection().selectAllChildren(id);
      button.lastElementChild.textContent = button.dataset.selected;
    }
    setTimeout(() => (button.lastElementChild.textContent = ""), 2500);
  });
}
