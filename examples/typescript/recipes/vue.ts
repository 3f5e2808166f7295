// Vue: two composables. In a component:
//   const { pay, busy, problem } = useCheckout();   <button :disabled="busy" @click="pay([{ sku: 'mug' }])">Pay</button>
//   const order = useOrder(orderId);                <p v-if="order">{{ order.status }}</p>

import { onUnmounted, readonly, ref, type Ref, shallowRef } from "vue";
import { type CheckoutItem, newKey, type Order, Payments, PaymentsError } from "../payments";

const payments = new Payments("https://pay.example.com");

export function useCheckout() {
  const busy = ref(false);
  const problem = ref("");
  let key = newKey(); // one per cart: a second click returns the same order

  async function pay(items: CheckoutItem[]): Promise<void> {
    busy.value = true;
    problem.value = "";
    try {
      const { checkout_url } = await payments.createCheckout({ items, return_url: location.href }, key);
      location.assign(checkout_url);
    } catch (error) {
      busy.value = false;
      if (error instanceof PaymentsError && error.problem) key = newKey(); // a new attempt is a new order
      problem.value = error instanceof PaymentsError ? error.message : String(error);
    }
  }

  return { pay, busy: readonly(busy), problem: readonly(problem) };
}

export function useOrder(orderId: string): Readonly<Ref<Order | null>> {
  const order = shallowRef<Order | null>(null);
  const stop = new AbortController();
  (async () => {
    for await (const next of payments.followOrder(orderId, stop.signal)) order.value = next;
  })().catch(() => (order.value = null));
  onUnmounted(() => stop.abort());
  return order;
}
