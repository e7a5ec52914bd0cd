"""The rooms of the relay. Each imports only the kernel, the engines and the stages before it."""
