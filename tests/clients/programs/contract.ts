// Compiled with `tsc --strict` next to api.d.ts, which openapi-typescript generates, and examples/typescript/payments.ts.

import type { components, paths } from "./api";
import type * as client from "./payments";

type Schemas = components["schemas"];
type Fits<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Same<A, B> = Fits<A, B> extends true ? Fits<keyof A, keyof B> : false;

// The client in examples/ has the types of the document.
export const same: [
  Same<client.CheckoutRequest, Schemas["CheckoutIn"]>,
  Same<client.CheckoutItem, Schemas["ItemIn"]>,
  Same<client.Checkout, Schemas["CheckoutOut"]>,
  Same<client.Order, Schemas["OrderOut"]>,
  Same<client.OrderItem, Schemas["ItemOut"]>,
  Same<client.Products, Schemas["ProductsOut"]>,
  Same<client.Product, Schemas["ProductOut"]>,
  Same<client.Problem, Schemas["ProblemOut"]>,
  Fits<client.OrderStatus, Schemas["OrderOut"]["status"]>,
  Fits<client.ErrorCode, Schemas["ProblemOut"]["code"]>,
] = [true, true, true, true, true, true, true, true, true, true];

// The calls as the README shows them.
type Create = paths["/api/checkout/"]["post"];
type Body = NonNullable<Create["requestBody"]>["content"]["application/json"];
export const bodies: Body[] = [
  {},
  { items: [{ sku: "default" }] },
  { items: [{ sku: "mug", quantity: 2 }], return_url: "https://shop.example/thanks" },
  { customer_email: "ada@example.com", reference: "cart-17", metadata: { user: "42" } },
  { items: null, customer_email: null, return_url: null, reference: null, metadata: null },
];
export const headers: NonNullable<Create["parameters"]["header"]>[] = [{}, { "Idempotency-Key": "one-click" }];
export const query: NonNullable<paths["/api/orders/{order_id}/"]["get"]["parameters"]["query"]>[] = [{}, { wait: 20 }];

export function next(response: Create["responses"][200]["content"]["application/json"]): string {
  return response.checkout_url;
}

export function explain(error: Create["responses"][400]["content"]["application/problem+json"]): string {
  const fields = error.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  return [error.code, error.detail, error.order_id ?? "", ...fields].join(" ");
}

// A status that is missing here is an error of the compiler.
export function text(order: Schemas["OrderOut"]): string {
  switch (order.status) {
    case "pending":
    case "processing":
      return "wait";
    case "paid":
    case "partially_refunded":
    case "refunded":
    case "disputed":
      return `${order.amount_paid / 10 ** order.currency_digits} ${order.currency}`;
    case "failed":
    case "expired":
    case "canceled":
      return order.reason?.message ?? "not paid";
    case "needs_review":
      return "review";
  }
}

// @ts-expect-error a misspelled field
export const misspelled: Body = { item: [] };
// @ts-expect-error an unknown code
export const unknown: Schemas["ProblemOut"]["code"] = "no_such_code";
