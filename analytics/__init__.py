"""The read side: Parquet segments, the DuckDB catalog, and typed answers for the console."""
