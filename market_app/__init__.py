"""What the market says: quotes, bars, chains and sessions, behind one interface."""
