"""The nodes of a cluster: what each is made of, and how they come and go."""
