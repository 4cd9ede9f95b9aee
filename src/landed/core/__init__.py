"""Pure values and functions: facts, migrations, judging, planning, errors. No I/O, no engine."""
