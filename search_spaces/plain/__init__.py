"""Schedules over plain arrays that compute what a template's do, bit for bit."""
