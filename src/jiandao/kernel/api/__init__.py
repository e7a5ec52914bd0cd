"""The facade of the REST API: who calls, one gate for all routes, answers and faults in one form.

A room's `api.py` registers its routes with `endpoint` and calls the same forms, actions, queries and rules as its pages.
"""
