"""Where a question is written: `editor` is the growing text field, `chips` what goes along, `composer` the whole."""
