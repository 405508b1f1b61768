"""Networks and policies that know the observation's fields."""
