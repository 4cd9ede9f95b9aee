"""How every kind of object is made, changed, renamed and dropped."""
