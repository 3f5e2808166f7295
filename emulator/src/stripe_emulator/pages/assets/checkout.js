// Enhances the payment form, which also works without it: the form is posted, and the response redirects.
"use strict";

const form = document.getElementById("payment-form");
const pay = document.getElementById("pay");
const error = document.getElementById("error");
const number = document.getElementById("card-number");
const expiry = document.getElementById("card-expiry");

const set = (id, value) => {
  const input = document.getElementById(id);
  if (input && !input.readOnly) input.value = value;
};

// Amounts in the session's locale

const locale = document.querySelector("main").dataset.locale;
if (locale) {
  for (const each of document.querySelectorAll("[data-money]")) {
    const [amount, currency] = each.dataset.money.split(" ");
    each.textContent = new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
  }
}

// Test data

const fillRest = () => {
  const year = String((new Date().getFullYear() + 3) % 100).padStart(2, "0");
  const email = document.getElementById("email");
  if (email && !email.value) set("email", "buyer@example.com");
  const rest = {
    "card-expiry": `12 / ${year}`,
    "card-cvc": "123",
    "card-name": "Test Buyer",
    "account-name": "Test Buyer",
    "routing-number": "110000000",
    phone: "+43 1 2345678",
    country: "AT",
    "postal-code": "1010",
  };
  for (const kind of ["shipping", "billing"]) {
    rest[`${kind}-name`] = "Test Buyer";
    rest[`${kind}-line1`] = "1 Test Street";
    rest[`${kind}-postal_code`] = "1010";
    rest[`${kind}-city`] = "Vienna";
    rest[`${kind}-country`] = "AT";
  }
  for (const [id, value] of Object.entries(rest)) {
    const input = document.getElementById(id);
    if (input && !input.value) input.value = value;
  }
};

for (const button of document.querySelectorAll("[data-fill]")) {
  button.addEventListener("click", () => {
    set(button.dataset.fill, button.dataset.value);
    fillRest();
    showError(null);
    pay.focus();
  });
}

// Typing

number?.addEventListener("input", () => {
  const atEnd = number.selectionStart === number.value.length;
  if (!atEnd) return; // never move the cursor while a digit is corrected
  const digits = number.value.replace(/\D/g, "").slice(0, 19);
  number.value = digits.replace(/(.{4})(?=.)/g, "$1 ");
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
  for (const input of form.querySelectorAll("[aria-invalid]")) {
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

// Paying

const busy = (is) => {
  pay.disabled = is;
  pay.classList.toggle("busy", is);
  form.setAttribute("aria-busy", String(is));
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (pay.disabled) return;
  busy(true);
  showError(null);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const { redirect, error: problem } = await response.json();
    if (redirect) {
      // Relative targets are relative to the form's action, not to the page.
      window.location.assign(new URL(redirect, form.action));
      return; // stay busy until the next page loads
    }
    showError(problem ?? { message: "Something went wrong. Please try again." });
  } catch {
    showError({ message: "We can’t reach the local Stripe emulator and could not confirm the payment. Check the order before you try again." });
  }
  busy(false);
});

// The back button must not show a form that is still busy.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
