"""What people fill in: the fields of each page group, and what makes an entry usable; imports what web may."""
