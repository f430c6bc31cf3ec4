"""A Source over what is in memory: points of tests, of the lab's case files, and of CSV and Parquet files."""
