// Enhances the payment form, which also works without it: the form is posted, and the response redirects.
"use strict";

document.documentElement.classList.add("script");
const form = document.getElementById("payment-form");
const pay = document.getElementById("pay");
const error = document.getElementById("error");
const number = document.getElementById("card-number");
const expiry = document.getElementById("card-expiry");

const set = (id, value) => {
  const input = document.getElementById(id);
  if (input && !input.readOnly) input.value = value;
};

// Names of countries, in the page's language

const nameCountries = () => {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region" });
  for (const option of document.querySelectorAll("select[data-countries] option")) {
    try {
      option.textContent = names.of(option.value);
    } catch {
      option.textContent = option.value;
    }
  }
};
nameCountries();

// Test data

const fillRest = () => {
  for (const input of document.querySelectorAll("[data-sample]")) {
    if (!input.value && !input.readOnly) input.value = input.dataset.sample;
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  set(button.dataset.fill, button.dataset.value);
  fillRest();
  showError(null);
  button.closest("details")?.removeAttribute("open");
  if (document.querySelector("[data-sample][data-updates]")) tryUpdate();
  pay.focus();
});

// Typing

const groups = (digits) => (/^3[47]/.test(digits) ? [4, 6, 5] : [4, 4, 4, 4, 3]);

number?.addEventListener("input", () => {
  const atEnd = number.selectionStart === number.value.length;
  if (!atEnd) return; // never move the cursor while a digit is corrected
  let digits = number.value.replace(/\D/g, "").slice(0, 19);
  const parts = [];
  for (const size of groups(digits)) {
    if (digits) parts.push(digits.slice(0, size));
    digits = digits.slice(size);
  }
  number.value = parts.join(" ");
});

expiry?.addEventListener("input", (event) => {
  if (event.inputType?.startsWith("delete") || expiry.selectionStart !== expiry.value.length) return;
  const digits = expiry.value.replace(/\D/g, "").slice(0, 4);
  const month = digits.length === 1 && digits > "1" ? `0${digits}` : digits.slice(0, 2);
  const year = digits.length === 1 ? "" : digits.slice(2);
  expiry.value = month.length === 2 ? `${month} / ${year}` : month;
});

// Payment methods

const showMethod = () => {
  const chosen = form.querySelector("[name=method]:checked")?.value;
  for (const part of document.querySelectorAll("[data-method]")) {
    part.hidden = chosen !== undefined && part.dataset.method !== chosen;
  }
};
for (const radio of form.querySelectorAll("[name=method]")) radio.addEventListener("change", showMethod);
showMethod();

// Errors

const showError = (problem) => {
  for (const input of document.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
  error.hidden = !problem;
  error.textContent = problem?.message ?? "";
  if (!problem) return;
  const input = problem.field && document.getElementById(problem.field);
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "error");
    input.focus();
  }
  error.scrollIntoView({ block: "nearest" });
};
if (!error.hidden) showError({ field: error.dataset.field, message: error.textContent });

// Choices that change the total: the server computes it, and the parts of the page that depend on it are replaced.

const values = () => new URLSearchParams(new FormData(form));

// A button that is replaced or moved between press and release is never clicked.
const released = async () => {
  while (document.querySelector("button:active")) await new Promise(requestAnimationFrame);
};

const update = async (submitter = null) => {
  const sent = values();
  const body = new URLSearchParams(sent);
  if (submitter?.name) body.append(submitter.name, submitter.value);
  const response = await fetch(window.location.pathname, { method: "POST", body, redirect: "manual" });
  if (response.type === "opaqueredirect") {
    // The session is no longer open.
    window.location.reload();
    return;
  }
  if (!response.ok) throw new Error(response.statusText);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  await released();
  const focused = document.activeElement?.id;
  const current = values();
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other) part.replaceWith(other);
  }
  // What was entered in the meantime stays.
  for (const [name, value] of current) {
    const control = form.elements.namedItem(name);
    if (control && value !== sent.get(name)) control.value = value;
  }
  const method = document.getElementById("payment-method");
  if (method) method.hidden = fresh.getElementById("payment-method")?.hidden ?? false;
  nameCountries();
  document.getElementById(focused)?.focus();
  const problem = fresh.getElementById("error");
  showError(problem && !problem.hidden ? { field: problem.dataset.field, message: problem.textContent } : null);
};

// One after the other: a later choice must not be overtaken by an earlier one.
let updated = Promise.resolve();
const tryUpdate = (submitter) => {
  updated = updated.then(() => update(submitter)).catch(() => showError({ message: form.dataset.unreachable }));
};

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-updates]")) tryUpdate();
});

// Paying

const busy = (is) => {
  pay.disabled = is;
  pay.classList.toggle("busy", is);
  form.setAttribute("aria-busy", String(is));
};

const submit = async () => {
  busy(true);
  showError(null);
  // If an update changes the total, the buyer must see it before paying.
  const { value: seen } = form.elements.expected_amount;
  try {
    await updated;
    const body = values();
    body.set("expected_amount", seen);
    const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    const { redirect, error: problem, changed } = await response.json();
    if (redirect) {
      // Relative targets are relative to the form's action, not to the page.
      window.location.assign(new URL(redirect, form.action));
      return; // stay busy until the next page loads
    }
    if (changed) await update();
    showError(problem ?? { message: form.dataset.unreachable });
  } catch {
    showError({ message: form.dataset.unreachable });
  }
  busy(false);
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (pay.disabled) return;
  const { submitter } = event;
  if (submitter?.hasAttribute("formaction")) tryUpdate(submitter);
  else if (document.activeElement?.id === "promotion_code") tryUpdate();
  else submit();
});

// The back button must not show a form that is still busy.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
