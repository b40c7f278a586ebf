"""What a scenario file may say: keys, types, units, defaults and their help texts.

These are the one source of the keys: the reader types scalars by them, the error
messages list their keys, ``scenario.schema.json`` is generated from them. The engine
never sees these objects; ``builder`` turns them into ``model`` values. ``scenario``
holds the whole file, each other module one part of it.
"""
