"""One page per run that explains itself: data in, one self-contained HTML file out."""
