"""Real input: source code and S-expressions turned into facts, and the producer that emits them."""
