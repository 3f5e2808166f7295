"""Products, prices and coupons."""
