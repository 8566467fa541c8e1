"""Customer Accounting: books what rides cost."""
