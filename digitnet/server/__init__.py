"""The server of `digitnet draw`: a web page, and an HTTP API for other programs.

In: images over HTTP, by default only from this machine. Out: answers as JSON, as from `predict
--format jsonl`; for the page, also the intermediate results. Start with `app`, which lists the
routes. `guard` rejects requests before they are read, `listen` runs the server, and `static/` is
the page: plain HTML, CSS and JavaScript.
"""
