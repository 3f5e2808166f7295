// Localizes amounts and times. The server has already written them in the page's language.

// The browser's own variant of that language (de-CH), if it has one.
const language = document.documentElement.lang;
const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

// `minor` is Stripe's integer amount and `digits` its number of decimal places: Stripe's count, which can differ from
// the browser's. Whole amounts use the browser's usual format (¥500, $20.00, UGX 5); others show all their decimals.
function formatMoney(minor, currency, digits) {
  const style = { style: "currency", currency };
  const usual = new Intl.NumberFormat(locale, style).resolvedOptions().maximumFractionDigits;
  const shown = minor % 10 ** digits ? digits : Math.min(usual, digits);
  return new Intl.NumberFormat(locale, {
    ...style,
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  }).format(minor / 10 ** digits);
}

function localize(root) {
  for (const data of root.querySelectorAll("data.money")) {
    data.textContent = formatMoney(Number(data.value), data.dataset.currency, Number(data.dataset.digits));
  }
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(locale, { dateStyle: "long", timeStyle: "short" });
  }
}

// A global, not an import: static files are served under hashed names that an import can't know.
globalThis.storefront = { formatMoney, localize };
localize(document);
