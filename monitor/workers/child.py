"""A management command that never outlives the process that started it.

``python -m monitor.workers.child COMMAND ...`` is ``manage.py COMMAND ...`` that ends at once when its standard
input closes, which is what happens when the parent is gone, however it went.
"""

import os
import sys
import threading

EXIT_ORPHANED = 1


def _exit_when_stdin_closes() -> None:
    # os.read and not sys.stdin: a buffered reader would hold its lock while the interpreter shuts down.
    while os.read(0, 1024):
        pass
    os._exit(EXIT_ORPHANED)


def main() -> None:
    """Run the command named on the command line."""
    threading.Thread(target=_exit_when_stdin_closes, daemon=True).start()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
