// Keeps the page up to date by polling the state: simple, and it holds no server thread.

const POLL_INTERVAL = 1500; // milliseconds
const TONES = {
  paid: "good", applied: "good", processing: "wait", pending: "wait", received: "wait", parked: "warn", disputed: "bad",
  failed: "bad", needs_review: "warn", refunded: "still", partially_refunded: "still", expired: "still", canceled: "still", ignored: "still", foreign: "still",
};
const ADDRESSES = [["Internet", "public"], ["This network", "network", "network_hint"], ["This PC", "this_pc"]];
const LINK_STATES = { up: "up", faulty: "faulty", down: "down", unknown: "unknown", off: "off" };

const $ = (selector, root = document) => root.querySelector(selector);
const shown = {}; // what each part of the page shows, as JSON: only changed parts are redrawn
let clockOffset = 0; // milliseconds by which the server's clock is ahead of the browser's
let openOrder = null;
let lostSince = null; // since when the app does not answer, in seconds since the epoch

function el(tag, props = {}, ...children) {
  const { data = {}, ...rest } = props;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

async function call(path, { method = "GET", body } = {}) {
  const headers = method === "GET" ? {} : { "X-CSRFToken": cookie("csrftoken"), "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const found = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(found.problem || `The server responded with ${response.status}.`);
  return found;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// The loop --------------------------------------------------------------------------------------------------------

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, POLL_INTERVAL);
}

async function refresh() {
  try {
    const state = await call("state/");
    clockOffset = new Date(state.now) - Date.now();
    lostSince = null;
    draw("links", state.links, drawLinks);
    draw("addresses", state.addresses, drawAddresses);
    draw("faults", state.faults, drawFaults);
    if (state.orders) await drawLists(state); // missing while the database is down
    showConnection("live");
  } catch (error) {
    showConnection("lost");
    draw("links", unknownLinks(), drawLinks);
  }
  showTimes();
}

async function drawLists({ orders, undelivered, events, emails }) {
  draw("orders", orders, () => drawRows("#orders", orders, orderRow));
  draw("undelivered", undelivered, drawUndelivered);
  draw("events", events, () => drawRows("#events", events, eventRow));
  if (emails) draw("emails", emails, () => drawRows("#emails", emails, emailRow));
  draw("last", events[0] ?? null, drawLastEvent);
  if (openOrder) await drawOrder();
}

function draw(part, value, how) {
  const text = JSON.stringify(value);
  if (shown[part] === text) return;
  how(value, part in shown);
  shown[part] = text;
}

function showConnection(state) {
  const field = $("#connection");
  field.dataset.state = state;
  const words = state === "live" ? "live" : "the app is not responding; retrying";
  if (field.textContent !== words) field.textContent = words;
}

// Connections -----------------------------------------------------------------------------------------------------

function drawLinks(links) {
  for (const [name, link] of Object.entries(links)) {
    const wire = $(`[data-link="${name}"]`);
    wire.dataset.state = link.state;
    const since = el("time", { data: { since: link.since * 1000, before: "since " } });
    const words = $("span", wire) ?? $(`[data-words="${name}"]`);
    words.replaceChildren(...(link.state === "off" ? [link.words] : [`${link.words} `, since]));
    words.title = `${LINK_STATES[link.state]} since ${new Date(link.since * 1000).toLocaleString()}`;
  }
  const outside = { up: "on the internet", faulty: "on the internet", off: "on this network", down: "can’t reach the app" };
  $("#outside-words").textContent = outside[links.tunnel.state] ?? "unknown";
}

function unknownLinks() {
  lostSince ??= Date.now() / 1000;
  const link = { state: "unknown", words: "unknown: the app is not responding", since: lostSince };
  return Object.fromEntries([...document.querySelectorAll("[data-link]")].map((wire) => [wire.dataset.link, link]));
}

function drawLastEvent(event) {
  const at = event && el("time", { data: { ago: event.at } });
  $("#last-event").replaceChildren(...(event ? [`last event: ${event.type}, `, at] : ["no event yet"]));
}

function drawAddresses(addresses) {
  // Always the same rows: an address that appears later moves nothing.
  $("#addresses").replaceChildren(...ADDRESSES.map(([label, name, hint]) => addressRow(label, addresses[name], addresses[hint])));
  const qr = $("#qr");
  qr.hidden = !addresses.phone;
  if (addresses.phone) qr.src = `qr.svg?${encodeURIComponent(addresses.phone)}`;
}

function addressRow(label, url, otherwise) {
  if (!url) return el("div", {}, el("dt", { textContent: label }), el("dd", { className: "muted", textContent: otherwise || "none" }));
  const link = el("a", { href: url, target: "_blank", rel: "noopener", textContent: url.replace(/^https?:\/\//, "") });
  const copy = el("button", { type: "button", className: "copy", textContent: "Copy", ariaLabel: `Copy ${url}` });
  copy.addEventListener("click", () => copyText(url, copy));
  return el("div", {}, el("dt", { textContent: label }), el("dd", {}, link, copy));
}

async function copyText(text, button) {
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

// Orders and events -----------------------------------------------------------------------------------------------

function drawRows(selector, items, row) {
  const list = $(selector);
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  list.replaceChildren(...items.map((item) => {
    const text = JSON.stringify(item);
    const before = known.get(String(item.id));
    if (before?.dataset.text === text) return before;
    const fresh = row(item);
    Object.assign(fresh.dataset, { key: item.id, text, fresh: list.dataset.drawn ? "yes" : "" });
    return fresh;
  }));
  list.dataset.drawn = "yes";
  if (list.nextElementSibling) list.nextElementSibling.hidden = items.length > 0;
}

function orderRow(order) {
  const open = el("button", { type: "button", className: "row" },
    chip(order.status),
    el("span", { className: "grow" }, el("b", { textContent: order.amount }), el("small", { textContent: order.items })),
    el("time", { data: { ago: order.at } }));
  open.addEventListener("click", () => showOrder(order.id));
  return el("li", {}, open);
}

function drawUndelivered(items) {
  $("#undelivered-card").hidden = $("#alarm").hidden = !items.length;
  $("#alarm").textContent = `Paid, but not fulfilled: ${items.length}`;
  drawRows("#undelivered", items, undeliveredRow);
}

function undeliveredRow({ id, amount, attempts, error, at }) {
  const words = el("span", { className: "grow" }, el("b", { textContent: amount }), el("small", { textContent: error }));
  const open = el("button", { type: "button", className: "row" }, chip(`${attempts} attempts`, "bad"), words, el("time", { data: { ago: at } }));
  open.addEventListener("click", () => showOrder(id));
  const again = el("button", { type: "button", className: "replay again", textContent: "Retry" });
  again.addEventListener("click", async () => {
    again.disabled = true;
    await call(`orders/${id}/deliver/`, { method: "POST" }).then(() => toast("The worker is retrying it now."), (problem) => toast(problem.message));
    again.disabled = false;
    await refresh();
  });
  return el("li", {}, open, again);
}

function emailRow({ to, subject, at, url }) {
  const words = el("span", { className: "grow" }, el("b", { textContent: subject }), el("small", { textContent: to }));
  const open = el("a", { className: "row", href: url, target: "_blank", rel: "noopener" }, words, el("time", { data: { ago: at } }));
  const text = el("a", { className: "replay", href: `${url}?text`, target: "_blank", rel: "noopener", textContent: "Text", ariaLabel: `Text of: ${subject}` });
  return el("li", {}, open, text);
}

function eventRow(event) {
  const detail = event.error || (event.outcome === "foreign" ? event.meaning : event.stripe_id);
  const line = el("span", { className: "grow" }, el("b", { textContent: event.type }), el("small", { textContent: detail, title: event.meaning }));
  const row = el(event.order ? "button" : "div", { className: "row" }, chip(event.outcome), line, el("time", { data: { ago: event.at } }));
  if (event.order) row.addEventListener("click", () => showOrder(event.order));
  return el("li", {}, row, replayButton(event));
}

function chip(word, tone = TONES[word] ?? "still") {
  return el("span", { className: "chip", data: { tone }, textContent: word.replaceAll("_", " ") });
}

function replayButton(event) {
  const button = el("button", { type: "button", className: "replay", textContent: "Replay", title: "Process this event again" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { event: replayed } = await call(`events/${event.id}/replay/`, { method: "POST" });
      toast(`Replayed: ${replayed.meaning}.`);
    } catch (error) {
      toast(error.message);
    }
    button.disabled = false;
    await refresh();
  });
  return button;
}

// One order -------------------------------------------------------------------------------------------------------

async function showOrder(id) {
  openOrder = id;
  delete shown.order;
  await drawOrder();
  $("#detail").showModal();
}

async function drawOrder() {
  const detail = await call(`orders/${openOrder}/`);
  draw("order", detail, ({ order, reason, steps }) => {
    $("#detail-title").replaceChildren(`${order.amount} `, chip(order.status));
    const facts = [order.items, order.email, reason, `Order ${order.id}`];
    $("#detail-facts").replaceChildren(...facts.filter(Boolean).map((text) => el("p", { textContent: text })));
    $("#steps").replaceChildren(...steps.map(stepRow));
  });
}

function stepRow(step) {
  const head = el("div", { className: "step-head" }, el("b", { textContent: step.title }), step.event ? replayButton(step.event) : null);
  const tone = step.event ? TONES[step.event.outcome] : step.tone;
  const at = el("time", { dateTime: step.at, textContent: new Date(step.at).toLocaleTimeString([], { hourCycle: "h23" }) });
  return el("li", { data: { tone } }, head, el("small", { textContent: step.detail }), at);
}

$("#detail").addEventListener("close", () => (openOrder = null));
$("#detail").addEventListener("click", (event) => event.target === event.currentTarget && event.currentTarget.close());

// Faults ----------------------------------------------------------------------------------------------------------

function drawFaults(faults) {
  if (!faults) return;
  const switches = [...document.querySelectorAll("[data-fault]")];
  for (const box of switches) box.checked = faults.includes(box.dataset.fault);
  const foreign = faults.filter((name) => !switches.some((box) => box.dataset.fault === name));
  $("#foreign-faults").hidden = !foreign.length;
  $("#foreign-faults").textContent = `Also set: ${foreign.join(", ")}.`;
}

for (const box of document.querySelectorAll("[data-fault]")) {
  box.addEventListener("change", async () => {
    try {
      await call("faults/", { method: box.checked ? "POST" : "DELETE", body: { name: box.dataset.fault } });
    } catch (error) {
      box.checked = !box.checked;
      toast(error.message);
    }
  });
}

// Doctor ----------------------------------------------------------------------------------------------------------

$("#run-checks").addEventListener("click", async ({ currentTarget: button }) => {
  button.disabled = true;
  $("#conclusion").textContent = "Running all checks; this can take 15 seconds …";
  $("#findings").replaceChildren();
  try {
    const { at, conclusion, findings } = await call("doctor/", { method: "POST" });
    $("#conclusion").replaceChildren(`${conclusion} `, el("time", { title: new Date(at).toLocaleString(), data: { ago: at, before: "Checked " } }));
    showTimes();
    $("#findings").replaceChildren(...findings.map(findingRow));
  } catch (error) {
    $("#conclusion").textContent = error.message;
  }
  button.disabled = false;
});

function findingRow({ title, status, summary, cause, remedy }) {
  const more = [cause, remedy].filter(Boolean).map((text) => el("small", { textContent: text }));
  return el("li", { data: { status } }, el("b", { textContent: title }), el("span", {}, summary, ...more));
}

// Helpers ---------------------------------------------------------------------------------------------------------

function showTimes() {
  const now = Date.now() + clockOffset;
  for (const field of document.querySelectorAll("time[data-ago]")) set(field, ago(now - new Date(field.dataset.ago)));
  for (const field of document.querySelectorAll("time[data-since]")) set(field, clock(Number(field.dataset.since)));
}

function set(field, time) {
  const words = `${field.dataset.before ?? ""}${time}`;
  if (field.textContent !== words) field.textContent = words;
}

function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function clock(milliseconds) {
  const at = new Date(milliseconds);
  const today = at.toDateString() === new Date().toDateString();
  return today ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) : at.toLocaleDateString([], { day: "numeric", month: "short" });
}

let toastTimer;
function toast(words) {
  const field = $("#toast");
  field.textContent = words;
  field.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (field.hidden = true), 4000);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
loop();
