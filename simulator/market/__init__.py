"""Where prices come from; knows nothing of HTTP, so that REST and streams can share one market."""
