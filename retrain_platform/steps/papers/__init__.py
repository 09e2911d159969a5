"""What people read: card, review, playbook, log."""
