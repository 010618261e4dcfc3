"""The simulated exchange, without sockets."""
