"""The acts of a timeline: for each thing that they are done to, a module.

Each verb has a function that turns an ``Act`` into actions of the ``model``, and notes
what of it cannot be; ``timeline`` lists them all.
"""
