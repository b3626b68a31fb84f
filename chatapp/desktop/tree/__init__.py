"""The picture of a conversation's tree: rows, drawn natively, that one walks, folds and opens."""
