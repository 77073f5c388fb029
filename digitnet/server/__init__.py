"""`digitnet draw`: the page in the browser, and the HTTP interface for other programs.

In: images over HTTP, by default from this machine. Out: answers as JSON, equal to
those of `predict --format jsonl`; for the page, how each was found. Start with `app`, which lists
the routes; `guard` refuses requests before they are read, `listen` runs the server, and `static/`
is the page: plain HTML, CSS and JavaScript.
"""
