"""Routes: from the model that a request names to the targets it may go to. Pure, given chance and time."""
