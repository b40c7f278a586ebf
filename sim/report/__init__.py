"""What a person sees: sentences, charts, files."""
