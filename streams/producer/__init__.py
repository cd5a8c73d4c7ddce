"""The producer SDK: typed facts in, a spool on disk, receipts that the log fulfils."""
