"""Options in numbers: prices, Greeks and implied volatility, European and American, and when a contract stops trading."""
