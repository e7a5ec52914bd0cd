"""Pages of capabilities and bookings."""
