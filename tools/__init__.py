"""Small scripts behind `make check` and `make demo`; nothing in `hub` imports them."""
