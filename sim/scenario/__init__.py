"""What a reader wrote: declared and checked, never alive."""
