"""Users, accounts, members and who may do what; may import core and ai."""
