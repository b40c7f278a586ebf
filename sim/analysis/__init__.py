"""What a record says: tables, explanations, expectations, comparisons."""
