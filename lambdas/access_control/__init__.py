"""Access Control: says who may do what (role-based access control)."""
