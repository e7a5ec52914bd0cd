"""What institutions can do and lend: teams, laboratories, instruments and pilot lines, with bookings of them."""
