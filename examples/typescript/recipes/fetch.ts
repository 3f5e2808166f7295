// Plain TypeScript: a button that starts the payment, and the page that the buyer returns to.

import { formatMoney, newKey, Payments, PaymentsError } from "../payments";

const payments = new Payments("https://pay.example.com");

export function payButton(button: HTMLButtonElement, sku: string): void {
  const key = newKey(); // one per cart: a second click returns the same order
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const request = { items: [{ sku, quantity: 1 }], return_url: location.href, reference: "cart-17" };
      const { checkout_url } = await payments.createCheckout(request, key);
      location.assign(checkout_url);
    } catch (error) {
      button.disabled = false;
      alert(error instanceof PaymentsError ? error.message : String(error));
    }
  });
}

export async function showOrder(output: HTMLElement): Promise<void> {
  const id = new URLSearchParams(location.search).get("order_id");
  if (!id) return;
  for await (const order of payments.followOrder(id)) {
    output.textContent = `${order.status}: ${formatMoney(order.amount_paid || order.amount_total, order)}`;
  }
}
