"""What the executors of containers share: what a container finds inside, and what is read back."""
