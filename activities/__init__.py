"""One class per concern, ports injected; each method implements one step."""
