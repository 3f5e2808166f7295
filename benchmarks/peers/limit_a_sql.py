S = """
WITH kept AS (
    INSERT INTO events (stripe_id, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1
)
UPDATE orders SET status = 'paid', stripe_payment_intent_id = %s WHERE id = %s AND EXISTS (SELECT 1 FROM kept)
"""
