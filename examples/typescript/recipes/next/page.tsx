// Next: the page that the buyer returns to (app/thanks/page.tsx). The server waits for the payment's confirmation.

import { notFound } from "next/navigation";
import { formatMoney, Payments, PaymentsError } from "../../payments";

const payments = new Payments("https://pay.example.com");

export default async function Thanks({ searchParams }: { searchParams: Promise<{ order_id?: string }> }) {
  const { order_id } = await searchParams;
  if (!order_id) notFound();
  const order = await payments.getOrder(order_id, { wait: 10 }).catch((error: unknown) => {
    if (error instanceof PaymentsError && error.code === "not_found") notFound();
    throw error;
  });
  return (
    <main>
      <h1>{order.status === "paid" ? "Thank you!" : order.status}</h1>
      <p>{formatMoney(order.amount_paid || order.amount_total, order, "en")}</p>
      <p>Order {order.id}</p>
    </main>
  );
}
