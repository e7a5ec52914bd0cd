"""Who signs in and what they were granted. Names and organisations live in the stage `people`."""
