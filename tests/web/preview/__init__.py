"""A tiny project that shows every component with fixed contents: the gallery that the browser tests walk through."""
