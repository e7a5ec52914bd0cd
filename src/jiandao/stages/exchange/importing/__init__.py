"""Import of needs and results from files: map columns, look at faults by cell, import all or the good rows.

A file becomes an `ImportBatch`. `planning` turns its rows into what would happen to records, and touches nothing;
`writing` makes it happen in one transaction. The browser, the command line and the job all go through `actions`.
"""
