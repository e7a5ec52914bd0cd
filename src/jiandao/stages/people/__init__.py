"""People: who takes part. Organisations, persons, who works where, and who invites whom.

Hands on to every later stage: an organisation or person to name, and the roles that unit administrators grant.
"""
