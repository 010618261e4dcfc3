"""Payloads as they stand on the wire, and a small server that plays them."""
