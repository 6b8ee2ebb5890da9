"""Graph -> pictures: DOT as text first, the outside program only when a picture is asked for."""
