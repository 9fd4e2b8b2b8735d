"""One command for the whole product: queue server, web server, worker and tick.

``python -m sleuth.serve`` is a small supervisor that starts each of them as a process
of its own, starts again what dies, and stops all in order. It imports neither the
application nor its plugins, so that nothing they do can bring it down.
"""
