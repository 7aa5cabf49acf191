// Holds the object that owns the precompiled header.
