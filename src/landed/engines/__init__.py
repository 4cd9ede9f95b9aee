"""Engines: one package each, with everything that knows its databases; what they share lies beside them."""
