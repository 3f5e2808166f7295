// A typed client of the payments API, in one file without dependencies: copy it into your project.
// Its types are those of /api/openapi.json; a test of the backend compares them.

export type OrderStatus =
  | "pending"
  | "processing"
  | "paid"
  | "failed"
  | "expired"
  | "canceled"
  | "partially_refunded"
  | "refunded"
  | "disputed"
  | "needs_review";

export type ErrorCode =
  | "amount_too_large"
  | "amount_too_small"
  | "bad_request"
  | "body_incomplete"
  | "body_too_large"
  | "busy"
  | "database_unavailable"
  | "host_not_allowed"
  | "idempotency_key_expired"
  | "idempotency_key_reused"
  | "internal_server_error"
  | "invalid_amount"
  | "invalid_customer_email"
  | "invalid_json"
  | "invalid_request"
  | "length_required"
  | "method_not_allowed"
  | "mixed_currencies"
  | "no_shipping_option"
  | "not_found"
  | "order_closed"
  | "origin_not_allowed"
  | "return_url_not_allowed"
  | "stripe_refused"
  | "stripe_unavailable"
  | "stripe_unreachable"
  | "too_many_requests"
  | "unknown_currency"
  | "unknown_product"
  | "unsupported_media_type";

/** A product and its quantity (1 if omitted). Prices come from the backend's catalog. */
export interface CheckoutItem {
  sku: string;
  quantity?: number | null;
}

/** Every field is optional; an empty request buys one default product. */
export interface CheckoutRequest {
  items?: CheckoutItem[] | null;
  customer_email?: string | null;
  /** The page that the buyer returns to; the backend adds ?order_id=…. */
  return_url?: string | null;
  /** Your own name for the order: a cart, a user. */
  reference?: string | null;
  metadata?: { [key: string]: string } | null;
}

export interface Checkout {
  checkout_url: string;
  order_id: string;
  status_url: string;
}

/** An amount's currency, and the number of its decimal places as Stripe counts them. */
export interface Currency {
  currency: string;
  currency_digits: number;
}

export interface OrderItem {
  sku: string;
  name: string;
  unit_amount: number;
  quantity: number;
}

/** Amounts are in the currency's minor unit: 2000 is 20.00 USD or 2000 JPY. */
export interface Order extends Currency {
  id: string;
  status: OrderStatus;
  reason: { code: string; message: string } | null;
  amount_total: number;
  amount_subtotal: number;
  amount_discount: number;
  amount_tax: number;
  amount_shipping: number;
  amount_paid: number;
  amount_refunded: number;
  items: OrderItem[];
  reference: string;
  metadata: { [key: string]: string };
  checkout_url: string | null;
  created_at: string;
  paid_at: string | null;
  updated_at: string;
}

export interface Product extends Currency {
  sku: string;
  name: string;
  description: string;
  unit_amount: number;
}

export interface Products {
  products: Product[];
  default_sku: string;
}

/** An error of the backend (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  errors?: { field: string; message: string }[];
  order_id?: string;
  stripe_code?: string;
  stripe_request_id?: string;
}

/** Without a `problem`, no response came (`status` 0), or one that is not from the backend, such as a proxy's. */
export class PaymentsError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
    /** Seconds until the next attempt makes sense. */
    readonly retryAfter: number,
  ) {
    super(problem?.detail ?? (status ? `The response (${status}) is not from the payments API.` : "No response."));
    this.name = "PaymentsError";
  }

  get code(): ErrorCode | "no_response" | "not_the_api" {
    return this.problem?.code ?? (this.status ? "not_the_api" : "no_response");
  }

  /** Whether the same call can succeed later. */
  get isTemporary(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status) && this.code !== "stripe_refused";
  }
}

interface Init {
  method?: string;
  headers?: { [name: string]: string };
  body?: string;
  signal?: AbortSignal;
}

const TIMEOUT = 30_000; // milliseconds; longer than WAIT
const WAIT = 20; // seconds
const FIRST_PAUSE = 500; // milliseconds
const MAX_PAUSE = 15_000;

export class Payments {
  private readonly api: string;

  /** `api` is the backend's address, like https://pay.example.com. */
  constructor(api: string) {
    this.api = api.replace(/\/+$/, "");
  }

  /** Creates an order. Send the buyer to `checkout_url`. Repeating the call with the same key returns the same order. */
  createCheckout(request: CheckoutRequest = {}, idempotencyKey: string = newKey()): Promise<Checkout> {
    return this.call("/api/checkout/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
      body: JSON.stringify(request),
    });
  }

  /** Returns the order. With `wait`, an unfinished order is returned when it changes, or after so many seconds. */
  getOrder(id: string, options: { wait?: number; signal?: AbortSignal } = {}): Promise<Order> {
    const query = options.wait ? `?wait=${options.wait}` : "";
    return this.call(`/api/orders/${encodeURIComponent(id)}/${query}`, options.signal ? { signal: options.signal } : {});
  }

  listProducts(): Promise<Products> {
    return this.call("/api/products/");
  }

  /** Yields the order now and after each change, until its status is final. Survives outages; `signal` ends it. */
  async *followOrder(id: string, signal?: AbortSignal): AsyncGenerator<Order, void> {
    let seen = "";
    let pause = FIRST_PAUSE;
    while (!signal?.aborted) {
      const began = Date.now();
      try {
        const order = await this.getOrder(id, { wait: seen ? WAIT : 0, ...(signal ? { signal } : {}) });
        if (order.updated_at !== seen) yield order;
        if (isFinal(order.status)) return;
        // A response that comes at once: too many others wait.
        pause = Date.now() - began > 1000 ? FIRST_PAUSE : Math.min(pause * 1.5, MAX_PAUSE);
        seen = order.updated_at;
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof PaymentsError && error.isTemporary)) throw error;
        pause = Math.max(pause, 1000 * error.retryAfter);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  private async call<Result>(path: string, init: Init = {}): Promise<Result> {
    // The header skips the warning page of ngrok's free plan.
    const headers = { ...init.headers, "ngrok-skip-browser-warning": "1" };
    const timeout = AbortSignal.timeout(TIMEOUT);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await fetch(this.api + path, { ...init, headers, signal }).catch(() => null);
    if (!response) throw new PaymentsError(0, null, 2);
    const body: unknown = await response.json().catch(() => null);
    if (response.ok && body) return body as Result;
    const isOurs = response.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
    const retryAfter = Number(response.headers.get("Retry-After")) || 2;
    throw new PaymentsError(response.status, isOurs ? (body as Problem) : null, retryAfter);
  }
}

/** Returns whether the order's payment is decided. A final order can still be refunded or disputed. */
export function isFinal(status: OrderStatus): boolean {
  return status !== "pending" && status !== "processing";
}

/** Returns the amount as the buyer expects it: $20.00, ¥2,000, UGX 5. The browser's own decimals can differ. */
export function formatMoney(amount: number, { currency, currency_digits }: Currency, locale?: string): string {
  const style = { style: "currency", currency } as const;
  const usual = new Intl.NumberFormat(locale, style).resolvedOptions().maximumFractionDigits ?? currency_digits;
  const shown = amount % 10 ** currency_digits ? currency_digits : Math.min(usual, currency_digits);
  const digits = { minimumFractionDigits: shown, maximumFractionDigits: shown };
  return new Intl.NumberFormat(locale, { ...style, ...digits }).format(amount / 10 ** currency_digits);
}

/** Returns a new idempotency key. (crypto.randomUUID exists only on https and localhost.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
