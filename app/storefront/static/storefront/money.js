// Writes amounts and times in the reader's own notation. The server has already written them in English.

// `minor` is Stripe's integer amount, `digits` how many decimals it holds (Stripe's count, not always the browser's).
// A whole amount is shown as the browser is used to, ¥500, $20.00, UGX 5; others with all their decimals.
function formatMoney(minor, currency, digits) {
  const style = { style: "currency", currency };
  const usual = new Intl.NumberFormat(undefined, style).resolvedOptions().maximumFractionDigits;
  const shown = minor % 10 ** digits ? digits : Math.min(usual, digits);
  return new Intl.NumberFormat(undefined, {
    ...style,
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  }).format(minor / 10 ** digits);
}

function localise(root) {
  for (const data of root.querySelectorAll("data.money")) {
    data.textContent = formatMoney(Number(data.value), data.dataset.currency, Number(data.dataset.digits));
  }
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
  }
}

// Shared by a name, not by an import: static files are served under hashed names that an import could not know.
globalThis.storefront = { formatMoney, localise };
localise(document);
