"""What the pages of every room share: the gate before them, lists, records and forms as read models."""
