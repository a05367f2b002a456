"""The demo borough, built through the services so that it proves them, and the headless service year."""
