// Keeps the dashboard up to date: fetches the page again and replaces its live parts.
"use strict";

const refresh = async () => {
  if (document.hidden || document.activeElement?.closest("[data-live]")) return;
  const response = await fetch(window.location.pathname);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (other && other.innerHTML !== part.innerHTML) part.innerHTML = other.innerHTML;
  }
};

window.setInterval(() => refresh().catch(() => undefined), 2000);
