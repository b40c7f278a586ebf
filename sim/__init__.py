"""pullsim: when this cluster wants that image, what really happens, and why."""
