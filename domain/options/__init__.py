"""Options in numbers: Black-Scholes-Merton prices and Greeks, and when a contract stops trading."""
