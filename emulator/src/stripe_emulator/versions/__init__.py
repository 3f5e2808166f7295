"""API versions: objects are stored in the newest shape and rendered as older versions defined them ("Versioning")."""
