"""GLB in, GLB out: read, inspect, simplify, validate. Knows nothing of agents, storage or Temporal."""
