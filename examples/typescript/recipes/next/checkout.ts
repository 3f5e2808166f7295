// Next: a server action. <form action={checkout}><input type="hidden" name="key" value={…} /> <button>Pay</button></form>
//
// The backend limits checkouts per client address. Here, all of them come from your Next server: raise
// CHECKOUTS_PER_MINUTE in its .env, or call it from the browser as in ../react.tsx.

"use server";

import { redirect } from "next/navigation";
import { Payments } from "../../payments";

const payments = new Payments("https://pay.example.com");

export async function checkout(form: FormData): Promise<void> {
  const { checkout_url } = await payments.createCheckout(
    {
      items: [{ sku: "mug", quantity: 1 }],
      return_url: "https://shop.example/thanks", // in FRONTEND_ORIGINS of the backend
      reference: "cart-17", // from your session
    },
    String(form.get("key")), // newKey(), rendered with the page: sending the form twice returns the same order
  );
  redirect(checkout_url);
}
