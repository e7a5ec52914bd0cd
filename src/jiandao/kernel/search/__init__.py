"""Finding records: words and character bigrams in PostgreSQL, pinyin order, and the queue of the match index."""
