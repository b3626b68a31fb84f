"""What every test must leave behind: nothing. One module a kind of thing left behind, each a pytest plugin.

They nest, outermost first: logs, threads, qt, tasks. The order is written as fixture dependencies, because an inner
one (a loop's tasks) must be looked at before what holds it (the loop and its threads) is torn down.
Stray warnings need no plugin: pytest's own filterwarnings=error fails on them.
"""
