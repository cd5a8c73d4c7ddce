"""The wire contract: Avro schemas, topics, and the translation between facts and bytes."""
