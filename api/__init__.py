"""The HTTP gateway: thin routes, problems as RFC 9457."""
