"""What an owner can choose from: every option with a name, a picture and the patch that sets it."""
