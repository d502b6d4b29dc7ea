"""Does a layer limit its lithium? Contact, criteria and the verdict."""
