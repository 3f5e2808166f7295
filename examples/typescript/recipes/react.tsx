// React: <PayButton sku="mug" /> and, on the page that the buyer returns to, <OrderStatus orderId={…} />.

import { useEffect, useRef, useState } from "react";
import { formatMoney, newKey, type Order, Payments, PaymentsError } from "../payments";

const payments = new Payments("https://pay.example.com");

export function PayButton({ sku, quantity = 1 }: { sku: string; quantity?: number }) {
  const key = useRef(newKey()); // one per cart: a second click returns the same order
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  async function pay() {
    setBusy(true);
    setProblem("");
    try {
      const request = { items: [{ sku, quantity }], return_url: location.href };
      const { checkout_url } = await payments.createCheckout(request, key.current);
      location.assign(checkout_url);
    } catch (error) {
      setBusy(false);
      if (error instanceof PaymentsError && error.problem) key.current = newKey(); // a new attempt is a new order
      setProblem(error instanceof PaymentsError ? error.message : String(error));
    }
  }

  return (
    <>
      <button onClick={pay} disabled={busy}>Pay</button>
      {problem && <p role="alert">{problem}</p>}
    </>
  );
}

export function useOrder(orderId: string): Order | null {
  const [order, setOrder] = useState<Order | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    (async () => {
      for await (const next of payments.followOrder(orderId, stop.signal)) setOrder(next);
    })().catch(() => setOrder(null));
    return () => stop.abort();
  }, [orderId]);
  return order;
}

export function OrderStatus({ orderId }: { orderId: string }) {
  const order = useOrder(orderId);
  if (!order) return <p>Loading …</p>;
  return (
    <p role="status">
      {order.status}: {formatMoney(order.amount_paid || order.amount_total, order)}
      {order.amount_refunded > 0 && <>, of which {formatMoney(order.amount_refunded, order)} refunded</>}
    </p>
  );
}
