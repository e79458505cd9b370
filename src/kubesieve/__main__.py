"""``python -m kubesieve``."""

from kubesieve.cli.main import main

main()
