// The return page: asks how the order stands until it has come to an end, and shows the server's words for it.

const { localise } = globalThis.storefront;
const order = document.querySelector("#order");
const trouble = document.querySelector("#trouble");
const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 15_000;
const PATIENCE = 20_000;
const TIMEOUT = 15_000;

let wait = FIRST_WAIT;
let timer = 0;
let asking = false;

offerCopy();
if (order.dataset.final !== "true") {
  timer = setTimeout(ask, 0);
  setTimeout(() => document.querySelector("#patience")?.removeAttribute("hidden"), PATIENCE);
  // Come back to the page, or to the network: ask at once.
  document.addEventListener("visibilitychange", askNow);
  addEventListener("pageshow", (event) => event.persisted && askNow());
  addEventListener("online", askNow);
}

function askNow() {
  if (document.hidden || asking || order.dataset.final === "true") return;
  clearTimeout(timer);
  wait = FIRST_WAIT;
  ask();
}

async function ask() {
  asking = true;
  let pause = wait;
  try {
    const current = await get(order.dataset.api, "json");
    if (version(current) !== order.dataset.version) await refresh();
    trouble.hidden = true;
  } catch (error) {
    if (error.status === 404) return location.reload(); // the server has a page for that
    pause = Math.max(wait, 1000 * (error.retryAfter ?? 2));
    trouble.hidden = false;
  } finally {
    asking = false;
  }
  wait = Math.min(wait * 1.4, LONGEST_WAIT);
  // A page in the background is asked again when it comes to the front.
  if (order.dataset.final !== "true" && !document.hidden) timer = setTimeout(ask, pause);
}

async function get(url, kind) {
  const answer = await fetch(url, {
    cache: "no-store",
    headers: { "ngrok-skip-browser-warning": "1" },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (answer.ok) return answer[kind]();
  const retryAfter = Number(answer.headers.get("Retry-After")) || undefined;
  throw Object.assign(new Error(answer.statusText), { status: answer.status, retryAfter });
}

// The same as views.order_version: what the page shows depends on nothing else.
function version({ status, amount_refunded, reason, checkout_url }) {
  return [status, amount_refunded, reason?.code ?? "", checkout_url ? "open" : ""].join("|");
}

// The server writes the words, once, for readers with and without JavaScript: take its page's parts.
async function refresh() {
  const page = new DOMParser().parseFromString(await get(location.href, "text"), "text/html");
  const fresh = page.querySelector("#order");
  if (!fresh) throw new Error("not the return page");
  localise(fresh);
  const hadFocus = order.querySelector("#actions").contains(document.activeElement);
  for (const part of ["emblem", "state", "actions", "amounts"]) {
    order.querySelector(`#${part}`).replaceChildren(...fresh.querySelector(`#${part}`).childNodes);
  }
  if (!fresh.querySelector("#patience")) document.querySelector("#patience")?.remove();
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
      button.lastElementChild.textContent = "Copied";
    } catch {
      // No clipboard on plain http: select it, so that the reader's own keys copy it.
      getSelection().selectAllChildren(id);
      button.lastElementChild.textContent = "Selected";
    }
    setTimeout(() => (button.lastElementChild.textContent = ""), 2500);
  });
}
