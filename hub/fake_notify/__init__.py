"""A local stand-in for GOV.UK Notify, with a page that shows the phones."""
