"""A real Asterisk: where it comes from (`root`), its configuration (`spec`, `render`) and its process (`instance`)."""
