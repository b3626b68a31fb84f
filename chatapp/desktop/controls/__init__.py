"""Controls of parameters: `control` says what one is, `kinds` finds the one for a row of the table, the others are
one kind a file, with the dialogs they open.

Neighbours: `panels/parameter_row` puts a control beside its label and checks what it tells.
"""
