"""Flights: books flights, and leaves seats to others."""
