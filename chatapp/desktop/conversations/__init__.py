"""The list on the left: `grouping` is pure, `rows` the model, `delegate` the painter, `pane` the whole."""
