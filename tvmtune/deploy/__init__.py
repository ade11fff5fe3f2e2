"""From a tuning log to kernels one can call, and to folders of them."""
