"""What every test stands on: guards, lanes and fixtures. No tests in here."""
