"""The five daily tasks in one call each; ``import selflimit`` gives them."""
