"""Products, prices, discounts, taxes and shipping."""
