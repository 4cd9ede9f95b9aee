"""The user's databases behind one small protocol, and how they are found."""
