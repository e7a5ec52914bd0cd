"""Supply speaks: a new result is offered to the firms that it fits, and a no is kept and respected."""
