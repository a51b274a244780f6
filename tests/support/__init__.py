"""The real parts that tests stand on: Redis, PostgreSQL, a whole Penstock, a browser."""
