"""python -m landed."""

from landed.cli.start import main

main()
