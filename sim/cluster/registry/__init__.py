"""Registries, as those who pull meet them."""
