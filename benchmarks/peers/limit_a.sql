CREATE TABLE orders (id uuid PRIMARY KEY, status text NOT NULL, stripe_payment_intent_id text);
CREATE TABLE events (id bigserial PRIMARY KEY, stripe_id text UNIQUE NOT NULL, payload text NOT NULL);
