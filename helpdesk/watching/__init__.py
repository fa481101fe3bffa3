"""What operators look at: log lines with the number of the request, figures, and whether all parts answer."""
