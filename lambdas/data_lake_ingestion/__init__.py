"""Data Lake Ingestion: keeps every ride for analysis."""
