"""Long-lived processes: the runtime they share, and what ``up`` runs in one."""
